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

  /**
   * @param used a matrix whose memory may be taken, or null
   */
  BitRows(int rows, int width, BitRows used) {
    int size = Math.multiplyExact(rows, width);
    this.width = width;
    if (used != null && used.words.length == size && used.counts.length == rows) {
      words = used.words;
      counts = used.counts;
      Arrays.fill(words, 0);
    } else {
      words = new long[size];
      counts = new int[rows];
    }
  }

  long[] words() {
    return words;
  }

  /**
   * Sets the bits of the tokens of {@code slots[from]} to {@code slots[to - 1]} in an empty row.
   *
   * @param seen a byte for every bit of a row, all zero before and after
   */
  void set(int row, int[] slots, int from, int to, SlotDivision division, byte[] seen) {
    // a store for each slot and a pass over the tokens is faster than changing a word for each
    // slot, unless the slots are few
    if (to - from < seen.length / 4) {
      int base = row * width;
      for (int i = from; i < to; i++) {
        int token = division.token(slots[i]);
        words[base + (token >>> 6)] |= 1L << token;
      }
      return;
    }
    for (int i = from; i < to; i++) {
      seen[division.token(slots[i])] = 1;
    }
    for (int w = 0; w < width; w++) {
      long bits = 0;
      for (int b = 0; b < Long.BYTES; b++) {
        long eight = (long) EIGHT_BYTES.get(seen, w * Long.SIZE + b * Byte.SIZE);
        bits |= eight * GATHER_BITS >>> 56 << b * Byte.SIZE;
      }
      words[row * width + w] = bits;
    }
    Arrays.fill(seen, (byte) 0);
  }

  void or(int row, BitRows other, int otherRow) {
    int base = row * width;
    int otherBase = otherRow * width;
    for (int w = 0; w < width; w++) {
      words[base + w] |= other.words[otherBase + w];
    }
  }

  /** Counts the bits of every row, once all are set. */
  BitRows counted() {
    for (int row = 0; row < counts.length; row++) {
      int sum = 0;
      for (int w = row * width; w < (row + 1) * width; w++) {
        sum += Long.bitCount(words[w]);
      }
      counts[row] = sum;
    }
    return this;
  }

  void copy(int row, long[] into) {
    System.arraycopy(words, row * width, into, 0, width);
  }

  int count(int row) {
    return counts[row];
  }
}
