/**
 * The transport SPI: what moelink asks of a fabric. A {@link
 * io.moelink.transport.TransportProvider}, found by {@link io.moelink.transport.Transports}, opens
 * a {@link io.moelink.transport.Transport} for one rank. A transport gives memory, one-sided
 * transfers with signals that become visible after the bytes, and the {@link
 * io.moelink.kernel.RowKernels} that work on that memory. It is small and polling; whoever wants
 * futures builds them above it. No call blocks longer than its deadline.
 */
package io.moelink.transport;
