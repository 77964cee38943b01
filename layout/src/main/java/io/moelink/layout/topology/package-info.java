/**
 * The fabric as a table: ranks with coordinates, links with figures, mates, and the relay chains
 * that follow from the mates by one generic rule.
 *
 * <p>{@link io.moelink.layout.topology.Topology} is what everything else reads. It is made by
 * {@link io.moelink.layout.topology.Topologies} (presets by name), by {@link
 * io.moelink.layout.topology.TopologyJson} (a user's file) or by {@link
 * io.moelink.layout.topology.TopologyBuilder}. A new fabric is a new table, not new code: nothing
 * outside this package asks which preset it runs on.
 *
 * <pre>
 *   levels:   rank  <  VNode  <  domain  <  all          (domains reduce first, then rows cross on)
 *   hardware: die   <  card   <  node
 *
 *   chain of source s to VNode V:   s --> via(s,V) --> entry(s,V) --> the peers in V
 * </pre>
 */
package io.moelink.layout.topology;
