/**
 * The only module with native access: what it provides is found by {@link java.util.ServiceLoader},
 * transports over shared memory and over UCX, and row kernels in C. {@code .abi} is the C
 * interface, {@code .fabric} a transport over it.
 */
package io.moelink.nativestubs;
