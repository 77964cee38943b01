package io.moelink.bench.job;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A hash of rows that all contestants can compute: the sum over 64-bit words of a value that
 * depends on the word and its place. Parts may be added in any order.
 */
public final class RowHash {
  private RowHash() {}

  /** The hash of all bytes, whose number is a multiple of 8. */
  public static long of(MemorySegment bytes) {
    return of(bytes, 0);
  }

  /**
   * The share of a part.
   *
   * @param firstWord place of its first word in the whole
   */
  static long of(MemorySegment part, long firstWord) {
    long sum = 0;
    for (long i = 0; i < part.byteSize() / Long.BYTES; i++) {
      long word = part.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i);
      long bits = word + (firstWord + i + 1) * 0x9E3779B97F4A7C15L;
      bits = (bits ^ bits >>> 32) * 0xD6E8FEB86659FD93L;
      sum += bits ^ bits >>> 32;
    }
    return sum;
  }
}
