package io.moelink.layout.dispatch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Which tokens some slots belong to, a byte for each token: a store for each slot and a pass over
 * the tokens is faster than changing a word of a bitmap for each slot.
 */
final class TokenMarks {
  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Moves the lowest bits of eight bytes into the highest byte. */
  private static final long GATHER_BITS = 0x0102040810204080L;

  /** Of eight bytes every second one. */
  private static final long EVEN_BYTES = 0x00ff00ff00ff00ffL;

  /** Sums four numbers of 16 bits into the highest one. */
  private static final long GATHER_SUMS = 0x0001000100010001L;

  /** So many bytes of 1, eight side by side, may be summed before a byte runs over. */
  private static final int SUMMED = 255 * Long.BYTES;

  private final byte[] seen;

  /** No token of bitmaps of {@code width} words. */
  TokenMarks(int width) {
    seen = new byte[width * Long.SIZE];
  }

  /** Marks the tokens of {@code slots[from]} to {@code slots[to - 1]}. */
  void mark(int[] slots, int from, int to, SlotDivision division) {
    if (division.reciprocal() == 1) {
      mark(slots, from, to, division.shift(), seen);
    } else {
      mark(slots, from, to, division.reciprocal(), division.shift(), seen);
    }
  }

  // One loop a method, over arrays in arguments: the compiler makes twice as much of them so.

  private static void mark(int[] slots, int from, int to, int shift, byte[] seen) {
    for (int i = from; i < to; i++) {
      seen[slots[i] >>> shift] = 1;
    }
  }

  private static void mark(int[] slots, int from, int to, long factor, int shift, byte[] seen) {
    for (int i = from; i < to; i++) {
      seen[(int) (slots[i] * factor >>> shift)] = 1;
    }
  }

  /** How many tokens are marked. */
  int count() {
    int count = 0;
    for (int from = 0; from < seen.length; from += SUMMED) {
      long sums = sums(seen, from, Math.min(from + SUMMED, seen.length));
      count += (int) ((sums & EVEN_BYTES) * GATHER_SUMS >>> 48);
      count += (int) ((sums >>> Byte.SIZE & EVEN_BYTES) * GATHER_SUMS >>> 48);
    }
    return count;
  }

  private static long sums(byte[] seen, int from, int to) {
    long sums = 0;
    for (int i = from; i < to; i += Long.BYTES) {
      sums += (long) EIGHT_BYTES.get(seen, i);
    }
    return sums;
  }

  /** Adds the marked tokens to a bitmap that starts at {@code words[base]}. */
  void addTo(long[] words, int base) {
    pack(seen, words, base);
  }

  private static void pack(byte[] seen, long[] words, int base) {
    for (int at = 0, w = base; at < seen.length; at += Long.SIZE, w++) {
      long bits = 0;
      for (int b = 0; b < Long.SIZE; b += Byte.SIZE) {
        bits |= (long) EIGHT_BYTES.get(seen, at + b) * GATHER_BITS >>> 56 << b;
      }
      words[w] |= bits;
    }
  }

  /** Takes all marks away. */
  void clear() {
    Arrays.fill(seen, (byte) 0);
  }
}
