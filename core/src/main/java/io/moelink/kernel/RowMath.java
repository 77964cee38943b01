package io.moelink.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Float32 arithmetic on blocks of a row. Columns go through short heap arrays that stay in the
 * first cache level, because loops over arrays of one type are what the JIT compiler vectorises. A
 * change between the float and the int view of the same bits is a bulk copy for the same reason.
 */
final class RowMath {
  /** Elements of a block; a multiple of the 16 lanes of a dot product. */
  static final int BLOCK = 1024;

  static final int LANES = 16;

  private static final int BF16_MASK = 0xffff0000;
  private static final int FLOAT_NAN = 0x7fc00000;
  private static final int FLOAT_INFINITY = 0x7f800000;

  private final short[] halves = new short[BLOCK];
  private final int[] bits = new int[BLOCK];
  private final MemorySegment bitsView = MemorySegment.ofArray(bits);
  private final float[] inOrder = new float[BLOCK];
  private final Pairs pairs = new Pairs();

  /** Whether a call that touches these types keeps its blocks split; see {@link Pairs}. */
  static boolean isSplit(ElementType one, ElementType other) {
    return one == ElementType.BF16 || other == ElementType.BF16;
  }

  /** Floats of a block of {@code n} elements. */
  static int width(int n, boolean split) {
    return split ? Pairs.width(n) : n;
  }

  /** Reads {@code n} elements; BF16 comes split only. */
  void load(MemorySegment from, long offset, ElementType type, float[] to, int n, boolean split) {
    if (type == ElementType.BF16) {
      pairs.load(from, offset, to, n);
    } else if (split) {
      loadInOrder(from, offset, type, inOrder, n);
      Pairs.split(inOrder, to, n);
    } else {
      loadInOrder(from, offset, type, to, n);
    }
  }

  private void loadInOrder(MemorySegment from, long offset, ElementType type, float[] to, int n) {
    if (type == ElementType.FP32) {
      MemorySegment.copy(from, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, to, 0, n);
    } else {
      MemorySegment.copy(from, ValueLayout.JAVA_SHORT_UNALIGNED, offset, halves, 0, n);
      for (int i = 0; i < n; i++) {
        to[i] = Float.float16ToFloat(halves[i]);
      }
    }
  }

  /** Rounds {@code n} elements and writes them, NaN as the canonical one; BF16 from split only. */
  void store(float[] from, MemorySegment to, long offset, ElementType type, int n, boolean split) {
    if (type == ElementType.BF16) {
      pairs.store(from, to, offset, n);
    } else if (split) {
      Pairs.join(from, inOrder, n);
      storeInOrder(inOrder, to, offset, type, n);
    } else {
      storeInOrder(from, to, offset, type, n);
    }
  }

  private void storeInOrder(float[] from, MemorySegment to, long offset, ElementType type, int n) {
    floatsToBits(from, n);
    for (int i = 0; i < n; i++) {
      bits[i] = canonical(bits[i], bits[i]);
    }
    if (type == ElementType.FP32) {
      MemorySegment.copy(bits, 0, to, ValueLayout.JAVA_INT_UNALIGNED, offset, n);
      return;
    }
    bitsToFloats(from, n);
    for (int i = 0; i < n; i++) {
      halves[i] = Float.floatToFloat16(from[i]);
    }
    MemorySegment.copy(halves, 0, to, ValueLayout.JAVA_SHORT_UNALIGNED, offset, n);
  }

  /** Rounds {@code n} floats in place to what the type can hold. */
  void round(float[] values, ElementType type, int n) {
    switch (type) {
      case FP32 -> {}
      case BF16 -> {
        // rounding does not mind which is even; an unused last one does no harm
        pairs.round(values, Pairs.width(n) / 2);
      }
      case FP16 -> {
        for (int i = 0; i < n; i++) {
          values[i] = Float.float16ToFloat(Float.floatToFloat16(values[i]));
        }
      }
    }
  }

  static void multiply(float[] values, float weight, int n) {
    for (int i = 0; i < n; i++) {
      values[i] *= weight;
    }
  }

  static void multiply(float[] values, float[] others, int n) {
    for (int i = 0; i < n; i++) {
      values[i] *= others[i];
    }
  }

  static void add(float[] sum, float[] values, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += values[i];
    }
  }

  /** Adds products; Java rounds the product before the sum, it never fuses. */
  static void addProducts(float[] sum, float[] values, float weight, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += weight * values[i];
    }
  }

  /** Adds a block of {@code n} products to the lanes of a dot product. */
  static void addToLanes(float[] lanes, float[] products, int n) {
    int whole = n - n % LANES;
    for (int base = 0; base < whole; base += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        lanes[lane] += products[base + lane];
      }
    }
    for (int i = whole; i < n; i++) {
      lanes[i - whole] += products[i];
    }
  }

  /** The same for a split block: its first half belongs to the even lanes. */
  static void addSplitToLanes(float[] lanes, float[] products, int n) {
    int m = Pairs.width(n) / 2;
    int half = LANES / 2;
    int whole = n / LANES * half;
    for (int base = 0; base < whole; base += half) {
      for (int j = 0; j < half; j++) {
        lanes[2 * j] += products[base + j];
        lanes[2 * j + 1] += products[m + base + j];
      }
    }
    for (int i = 2 * whole; i < n; i++) {
      lanes[i - 2 * whole] += products[(i & 1) * m + i / 2];
    }
  }

  /** Folds the lanes of a dot product; the lanes are spent. */
  static float fold(float[] lanes) {
    for (int width = LANES / 2; width > 0; width /= 2) {
      for (int lane = 0; lane < width; lane++) {
        lanes[lane] += lanes[lane + width];
      }
    }
    int found = Float.floatToRawIntBits(lanes[0]);
    return Float.intBitsToFloat(canonical(found, found));
  }

  private void floatsToBits(float[] from, int n) {
    MemorySegment.copy(from, 0, bitsView, ValueLayout.JAVA_FLOAT, 0, n);
  }

  private void bitsToFloats(float[] to, int n) {
    MemorySegment.copy(bitsView, ValueLayout.JAVA_FLOAT, 0, to, 0, n);
  }

  /** The bits of a float rounded to BF16, nearest even; NaN becomes the canonical one. */
  static int roundToBf16(int value) {
    return canonical(value, (value + 0x7fff + ((value >>> 16) & 1)) & BF16_MASK);
  }

  /**
   * {@code result}, or the canonical NaN where {@code bits} is any NaN; no branch, to vectorise.
   */
  private static int canonical(int bits, int result) {
    int nan = (FLOAT_INFINITY - (bits & 0x7fffffff)) >> 31;
    return (result & ~nan) | (FLOAT_NAN & nan);
  }
}
