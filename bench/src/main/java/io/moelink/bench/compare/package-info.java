/**
 * {@code moelink bench compare}: the same work done by moelink and by others, in turns, verified,
 * and compared within one state of the host's memory.
 *
 * <p>A {@link io.moelink.bench.compare.Contestant} says how its processes start; a {@link
 * io.moelink.bench.compare.Running} one obeys over sockets; the {@link
 * io.moelink.bench.compare.Match} lets all of one case take turns and yields samples, of which
 * {@link io.moelink.bench.compare.Figures} makes medians.
 */
package io.moelink.bench.compare;
