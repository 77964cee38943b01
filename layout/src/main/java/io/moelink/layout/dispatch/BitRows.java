package io.moelink.layout.dispatch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The bitmaps of one level (ranks, VNodes or domains): a row of words for each member, and how many
 * bits are set in each.
 */
final class BitRows {
  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Moves the lowest bits of eight bytes into the highest byte. */
  private static final long GATHER_BITS = 0x0102040810204080L;

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

  long[] words() {
    return words;
  }

  /** Memory for {@link #set}, one for all rows and levels. */
  static final class Scratch {
    private static final int SLOTS = 1024;

    private final int[] tokens = new int[SLOTS];
    private final byte[] seen;

    Scratch(int width) {
      seen = new byte[width * Long.SIZE];
    }

    int width() {
      return seen.length / Long.SIZE;
    }
  }

  /**
   * Sets the bits of the tokens of {@code slots[from]} to {@code slots[to - 1]} in an empty row.
   */
  void set(int row, int[] slots, int from, int to, SlotDivision division, Scratch scratch) {
    // a store for each slot and a pass over the tokens is faster than changing a word for each
    // slot, unless the slots are few
    boolean few = to - from < scratch.seen.length / 4;
    for (int at = from; at < to; at += Scratch.SLOTS) {
      int count = Math.min(to - at, Scratch.SLOTS);
      System.arraycopy(slots, at, scratch.tokens, 0, count);
      division.tokens(scratch.tokens, count, scratch.tokens);
      if (few) {
        setBits(words, row * width, scratch.tokens, count);
      } else {
        setBytes(scratch.seen, scratch.tokens, count);
      }
    }
    if (!few) {
      packBytes(scratch.seen, words, row * width, width);
      Arrays.fill(scratch.seen, (byte) 0);
    }
  }

  // One loop a method, over arrays in arguments: the compiler makes twice as much of them so.

  private static void setBits(long[] words, int base, int[] tokens, int count) {
    for (int i = 0; i < count; i++) {
      words[base + (tokens[i] >>> 6)] |= 1L << tokens[i];
    }
  }

  private static void setBytes(byte[] seen, int[] tokens, int count) {
    for (int i = 0; i < count; i++) {
      seen[tokens[i]] = 1;
    }
  }

  private static void packBytes(byte[] seen, long[] words, int base, int width) {
    for (int w = 0; w < width; w++) {
      long bits = 0;
      for (int b = 0; b < Long.BYTES; b++) {
        long eight = (long) EIGHT_BYTES.get(seen, w * Long.SIZE + b * Byte.SIZE);
        bits |= eight * GATHER_BITS >>> 56 << b * Byte.SIZE;
      }
      words[base + w] = bits;
    }
  }

  /** Adds the bits of a row of {@code other}, a matrix of the same width. */
  void or(int row, BitRows other, int otherRow) {
    orWords(words, row * width, other.words, otherRow * width, width);
  }

  private static void orWords(long[] into, int base, long[] from, int fromBase, int count) {
    for (int w = 0; w < count; w++) {
      into[base + w] |= from[fromBase + w];
    }
  }

  /** Counts the bits of every row, once all are set. */
  BitRows counted() {
    for (int row = 0; row < counts.length; row++) {
      counts[row] = countBits(words, row * width, width);
    }
    return this;
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
