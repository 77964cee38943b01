/**
 * What an exchange costs on a fabric that need not be there.
 *
 * <p>{@link io.moelink.layout.cost.FabricSimulator} runs a {@link io.moelink.layout.plan.Plan} in
 * simulated time: the same steps that the executor runs, with the link figures of the topology and
 * with the row counts of a routing ({@link io.moelink.layout.cost.RowCounts}), which may be real or
 * expected. It knows steps only, never the algorithm that made them. {@link
 * io.moelink.layout.cost.AlgorithmChoice} compares algorithms with it, {@link
 * io.moelink.layout.cost.PublishedFigures} holds the estimates of the old design to compare with,
 * and {@link io.moelink.layout.cost.Strategies} the sizes of whole parallel jobs.
 *
 * <p>Units: bytes, seconds and 10^9 bytes a second, unless a name says otherwise. Values are
 * immutable and for all threads.
 */
package io.moelink.layout.cost;
