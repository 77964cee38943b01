package io.moelink.transport;

/**
 * What a transport of one rank can do.
 *
 * @param remoteLoads whether kernels can load from at least one other rank's memory; {@link
 *     Transport#loads} says which
 * @param deviceMemory whether it allocates {@link io.moelink.kernel.MemoryKind#DEVICE} memory
 * @param messageBytesMax largest single transfer in bytes
 * @param computeUnits threads or compute units that its kernels use
 */
public record Capabilities(
    boolean remoteLoads, boolean deviceMemory, long messageBytesMax, int computeUnits) {}
