package io.moelink.verify;

import io.moelink.kernel.ElementType;
import java.lang.foreign.MemorySegment;

/** Rows that every rank can work out for itself from (seed, rank, token). */
public final class SampleRows {
  private SampleRows() {}

  /** Fills a row with values from -1 to 1. */
  public static void fill(
      ElementType type, MemorySegment row, int hidden, long seed, int rank, int token) {
    long state = mix(seed + 0x9E3779B97F4A7C15L * (((long) rank << 32) + token + 1));
    for (int i = 0; i < hidden; i++) {
      state += 0x9E3779B97F4A7C15L;
      float value = (float) ((mix(state) >>> 40) * 0x1.0p-23 - 1.0);
      RowCodec.set(type, row, i, value);
    }
  }

  /** The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Generators). */
  private static long mix(long z) {
    long a = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ a >>> 27) * 0x94D049BB133111EBL;
    return b ^ b >>> 31;
  }
}
