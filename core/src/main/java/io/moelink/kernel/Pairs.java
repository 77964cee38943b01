package io.moelink.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * BF16 in pairs. The JIT compiler does not vectorise loops that widen shorts to ints or narrow
 * them, so two elements are taken as one int, and a block of {@code n} elements is kept split:
 *
 * <pre>
 *   memory    e0 o0 e1 o1 e2 o2 ...            n elements
 *   split     e0 e1 e2 ... | o0 o1 o2 ...      2 * m floats, m = (n + 1) / 2; the last may be unused
 * </pre>
 *
 * Sums and products go element by element, so they do not mind as long as all blocks of a call are
 * split.
 */
final class Pairs {
  private static final int MASK = 0xffff0000;
  // where the first element of a pair is: the lower half of the int on a little-endian machine
  private static final int EVEN_SHIFT = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 16 : 0;
  private static final int ODD_SHIFT = 16 - EVEN_SHIFT;

  private final int[] pairs = new int[RowMath.BLOCK / 2];
  private final int[] even = new int[RowMath.BLOCK / 2];
  private final int[] odd = new int[RowMath.BLOCK / 2];
  private final MemorySegment pairsView = MemorySegment.ofArray(pairs);
  private final MemorySegment evenView = MemorySegment.ofArray(even);
  private final MemorySegment oddView = MemorySegment.ofArray(odd);

  /** Floats of a split block of {@code n} elements. */
  static int width(int n) {
    return n + (n & 1);
  }

  /** Reads {@code n} BF16 elements as a split block. */
  void load(MemorySegment from, long offset, float[] to, int n) {
    int m = width(n) / 2;
    pairs[m - 1] = 0;
    MemorySegment.copy(from, offset, pairsView, 0, 2L * n);
    // one index for both arrays of a loop: another offset would keep it from being vectorised
    for (int i = 0; i < m; i++) {
      even[i] = (pairs[i] << EVEN_SHIFT) & MASK;
    }
    for (int i = 0; i < m; i++) {
      odd[i] = (pairs[i] << ODD_SHIFT) & MASK;
    }
    toFloats(to, m);
  }

  /** Rounds a split block and writes it as {@code n} BF16 elements. */
  void store(float[] from, MemorySegment to, long offset, int n) {
    int m = width(n) / 2;
    roundToBits(from, m);
    for (int i = 0; i < m; i++) {
      pairs[i] = (even[i] >>> EVEN_SHIFT) | (odd[i] >>> ODD_SHIFT);
    }
    MemorySegment.copy(pairsView, 0, to, offset, 2L * n);
  }

  /** Rounds {@code 2 * m} floats in place. */
  void round(float[] values, int m) {
    roundToBits(values, m);
    toFloats(values, m);
  }

  private void roundToBits(float[] from, int m) {
    MemorySegment.copy(from, 0, evenView, ValueLayout.JAVA_FLOAT, 0, m);
    MemorySegment.copy(from, m, oddView, ValueLayout.JAVA_FLOAT, 0, m);
    for (int i = 0; i < m; i++) {
      even[i] = RowMath.roundToBf16(even[i]);
    }
    for (int i = 0; i < m; i++) {
      odd[i] = RowMath.roundToBf16(odd[i]);
    }
  }

  private void toFloats(float[] to, int m) {
    MemorySegment.copy(evenView, ValueLayout.JAVA_FLOAT, 0, to, 0, m);
    MemorySegment.copy(oddView, ValueLayout.JAVA_FLOAT, 0, to, m, m);
  }

  /** Splits a block in the order of memory. */
  static void split(float[] inOrder, float[] split, int n) {
    int m = width(n) / 2;
    for (int i = 0; i < n / 2; i++) {
      split[i] = inOrder[2 * i];
      split[m + i] = inOrder[2 * i + 1];
    }
    if ((n & 1) == 1) {
      split[m - 1] = inOrder[n - 1];
      split[2 * m - 1] = 0;
    }
  }

  /** Puts a split block in the order of memory. */
  static void join(float[] split, float[] inOrder, int n) {
    int m = width(n) / 2;
    for (int i = 0; i < n / 2; i++) {
      inOrder[2 * i] = split[i];
      inOrder[2 * i + 1] = split[m + i];
    }
    if ((n & 1) == 1) {
      inOrder[n - 1] = split[m - 1];
    }
  }
}
