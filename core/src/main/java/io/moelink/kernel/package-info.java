/**
 * Rows in memory and the kernels that move and sum them. A {@link io.moelink.kernel.Region} is
 * memory of one rank, a {@link io.moelink.kernel.Span} a place in it where rows start; {@link
 * io.moelink.kernel.RowKernels} works on spans and may be implemented in Java, in C or on a device.
 * All implementations give the same bits: {@link io.moelink.kernel.JavaRowKernels} is the one that
 * runs everywhere. Nothing here knows transports.
 */
package io.moelink.kernel;
