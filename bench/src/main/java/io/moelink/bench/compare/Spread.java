package io.moelink.bench.compare;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * The middle of some times, and how far they spread.
 *
 * @param median of all
 * @param low a quarter is below it
 * @param high a quarter is above it
 * @param count how many there are
 */
record Spread(double median, double low, double high, int count) {
  static Spread of(DoubleStream values) {
    double[] sorted = values.toArray();
    Arrays.sort(sorted);
    return new Spread(
        quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75), sorted.length);
  }

  private static double quantile(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
