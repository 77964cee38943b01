package io.moelink.layout.cost;

/**
 * What one step takes, independent of when.
 *
 * @param lane steps of one rank in the same lane run one after the other
 * @param latency seconds before its first byte
 * @param amount bytes on the resource that carries most of it; 0: nothing to do
 * @param resources what it uses, each once
 * @param shares bytes on each resource for each byte of the amount
 * @param linkBytes bytes that it moves between ranks
 */
record Work(
    long lane, double latency, double amount, int[] resources, double[] shares, double linkBytes) {}
