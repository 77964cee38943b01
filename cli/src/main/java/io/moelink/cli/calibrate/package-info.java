/**
 * Calibration: measures what the machine carries, with the kernels and the transport that an
 * exchange uses, and writes it down as a topology for the cost model.
 */
package io.moelink.cli.calibrate;
