package io.moelink.layout.plan;

import java.util.Arrays;

/** Arrays that are used again, and are made anew only when more is needed than they hold. */
final class Grown {
  private Grown() {}

  /** An array of at least {@code length}; what it holds is of no meaning. */
  static int[] ints(int[] used, int length) {
    return used.length >= length ? used : new int[room(length)];
  }

  /** An array of at least {@code length}, of which the first {@code length} are zero. */
  static int[] zeros(int[] used, int length) {
    if (used.length < length) {
      return new int[room(length)];
    }
    Arrays.fill(used, 0, length, 0);
    return used;
  }

  /** As {@link #ints}. */
  static float[] floats(float[] used, int length) {
    return used.length >= length ? used : new float[room(length)];
  }

  /** An eighth to spare: numbers of rows differ a little from one routing to the next. */
  private static int room(int length) {
    return Math.addExact(length, length / 8);
  }
}
