/**
 * Transport and kernels over the C interface, the same for all backends: what they are given is a
 * loaded library, and what differs between backends is behind it.
 *
 * <p>Arguments are checked here, in the words of all transports; what only the backend can know it
 * checks itself, and {@link io.moelink.nativestubs.fabric.Context} turns its codes into exceptions.
 */
package io.moelink.nativestubs.fabric;
