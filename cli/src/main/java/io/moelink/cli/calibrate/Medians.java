package io.moelink.cli.calibrate;

import java.util.Arrays;

/** The middle of what rounds came to. */
final class Medians {
  private Medians() {}

  /** The median of some values, which stay as they are; of an even number, the mean of two. */
  static double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
