/**
 * Plans: what every rank does in a dispatch or a combine, as data.
 *
 * <p>The central type is {@link io.moelink.layout.plan.Plan}: for every rank an ordered list of
 * {@link io.moelink.layout.plan.Step steps}, each of which reads and writes named {@link
 * io.moelink.layout.plan.Buffer buffers}. A buffer's name says what is in it: the tokens of one
 * source that some scope (a rank, a VNode, a domain) needs, ascending. So a plan holds no row
 * number and no count: it depends on the topology alone, is built once when a group opens, and is
 * bound to a routing later. Which rows a step moves, how many, and which step it waits for all
 * follow from the buffers that it reads and writes.
 *
 * <p>An {@link io.moelink.layout.plan.Algorithm algorithm} is a function from a topology to plans.
 * The readers of a plan (executor, simulator, {@link io.moelink.layout.plan.PlanTraffic counts})
 * know steps only, never the algorithm. Everything here is immutable and safe for all threads.
 *
 * <p>Life of a plan: {@code Algorithm.dispatch(request)} and {@code Algorithm.combine(request)}
 * build one; a reader walks {@code plan.steps(rank)} in order and starts a step when the buffers
 * that it reads are there.
 */
package io.moelink.layout.plan;
