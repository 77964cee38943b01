package io.moelink.bench.job;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The rows of a job; {@code job.c} and {@code gloo.py} make the same ones. */
public final class JobRows {
  private JobRows() {}

  /**
   * Writes a token's row.
   *
   * @param token number among the tokens of all ranks
   * @param row {@code [hidden]} BF16
   */
  public static void fill(MemorySegment row, int token, int hidden) {
    for (int element = 0; element < hidden; element++) {
      row.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, element, word(token, element));
    }
  }

  /** A sign, and magnitudes from 1/8 to 2. */
  static short word(int token, int element) {
    int bits = (token + 1) * 0x9E3779B1 + element * 0x85EBCA6B;
    bits = (bits ^ bits >>> 15) * 0x2C1B3C6D;
    bits ^= bits >>> 12;
    return (short) (bits & 0x8000 | 0x3E00 + (bits >>> 16 & 0x1FF));
  }
}
