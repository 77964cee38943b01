/**
 * {@code moelink topology}: lists presets, prints a topology as text or as a file, and draws it.
 * {@link io.moelink.cli.topology.DrawingLayout} says where everything goes, {@link
 * io.moelink.cli.topology.TopologyDrawing} writes it as SVG.
 */
package io.moelink.cli.topology;
