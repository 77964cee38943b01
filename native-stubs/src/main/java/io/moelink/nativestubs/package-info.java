/**
 * Bindings of {@code moelink_fabric.h}, the C interface of a fabric, and the transports that run on
 * its backends.
 *
 * <p>{@link io.moelink.nativestubs.FabricLibrary} finds a backend's library, or says why there is
 * none; {@link io.moelink.nativestubs.Fabric} has its functions as method handles and {@link
 * io.moelink.nativestubs.FabricLayouts} its structs; the transports and kernels are thin layers
 * above. Pointers cross as int64: on every platform that a backend is built for both are passed in
 * the same registers, and no segment has to be made for a call.
 */
package io.moelink.nativestubs;
