package io.moelink.layout.dispatch;

import java.util.Arrays;

/**
 * The bitmaps of one level (VNodes or domains): a row of words for each member, and how many bits
 * are set in each.
 */
final class BitRows {
  private final long[] words;
  private final int[] counts;
  private final int width;

  private BitRows(int rows, int width) {
    this.width = width;
    words = new long[Math.multiplyExact(rows, width)];
    counts = new int[rows];
  }

  /**
   * Rows without a bit.
   *
   * @param used rows that nobody will read again, which are then the result if they fit; or null
   */
  static BitRows empty(int rows, int width, BitRows used) {
    if (used == null || used.width != width || used.counts.length != rows) {
      return new BitRows(rows, width);
    }
    Arrays.fill(used.words, 0);
    return used;
  }

  /** Adds the bits of the tokens of {@code slots[from]} to {@code slots[to - 1]}. */
  void set(int row, int[] slots, int from, int to, SlotDivision division) {
    setBits(slots, from, to, division, words, row * width);
  }

  /** The same in a bitmap that starts at {@code words[base]}. */
  static void setBits(
      int[] slots, int from, int to, SlotDivision division, long[] words, int base) {
    setBits(slots, from, to, division.reciprocal(), division.shift(), words, base);
  }

  // One loop a method, over arrays in arguments: the compiler makes twice as much of them so.

  private static void setBits(
      int[] slots, int from, int to, long factor, int shift, long[] words, int base) {
    for (int i = from; i < to; i++) {
      int token = (int) (slots[i] * factor >>> shift);
      words[base + (token >>> 6)] |= 1L << token;
    }
  }

  /** Adds the bits of marked tokens. */
  void add(int row, TokenMarks marks) {
    marks.addTo(words, row * width);
  }

  /** Sets the bits of the first {@code count} tokens. */
  void setAll(int row, int count) {
    int last = row * width + (count >>> 6);
    Arrays.fill(words, row * width, last, -1L);
    if ((count & 63) != 0) {
      words[last] = (1L << count) - 1;
    }
  }

  /** Adds the bits of a row of {@code other}, which has the same width. */
  void or(int row, BitRows other, int otherRow) {
    orWords(words, row * width, other.words, otherRow * width, width);
  }

  private static void orWords(long[] into, int base, long[] from, int fromBase, int count) {
    for (int w = 0; w < count; w++) {
      into[base + w] |= from[fromBase + w];
    }
  }

  /** Counts the bits of every row, once all are set. */
  void counted() {
    for (int row = 0; row < counts.length; row++) {
      counts[row] = countBits(words, row * width, width);
    }
  }

  private static int countBits(long[] words, int base, int width) {
    int sum = 0;
    for (int w = base; w < base + width; w++) {
      sum += Long.bitCount(words[w]);
    }
    return sum;
  }

  void copy(int row, long[] into) {
    System.arraycopy(words, row * width, into, 0, width);
  }

  int count(int row) {
    return counts[row];
  }
}
