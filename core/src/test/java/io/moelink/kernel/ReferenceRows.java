package io.moelink.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The kernels that compute, as their definitions say them: one element at a time, nothing clever.
 */
final class ReferenceRows {
  private ReferenceRows() {}

  static float read(Span base, ElementType type, long element) {
    MemorySegment memory = base.region().segment();
    long at = base.offset() + element * type.bytes();
    return switch (type) {
      case FP32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
      case BF16 -> Float.intBitsToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) << 16);
      case FP16 -> Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
    };
  }

  static void write(Span base, ElementType type, long element, float value) {
    MemorySegment memory = base.region().segment();
    long at = base.offset() + element * type.bytes();
    switch (type) {
      case FP32 ->
          memory.set(
              ValueLayout.JAVA_INT_UNALIGNED,
              at,
              Float.isNaN(value) ? 0x7fc00000 : Float.floatToRawIntBits(value));
      case BF16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, bf16(value));
      case FP16 ->
          memory.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              at,
              Float.isNaN(value) ? (short) 0x7e00 : Float.floatToFloat16(value));
    }
  }

  static float rounded(float value, ElementType type) {
    return switch (type) {
      case FP32 -> value;
      case BF16 -> Float.intBitsToFloat(bf16(value) << 16);
      case FP16 -> Float.float16ToFloat(Float.floatToFloat16(value));
    };
  }

  /**
   * The nearer of the two BF16 neighbours, measured in double; the even one when both are as near.
   */
  static short bf16(float value) {
    if (Float.isNaN(value)) {
      return 0x7fc0;
    }
    int bits = Float.floatToRawIntBits(value);
    if (Float.isInfinite(value)) {
      return (short) (bits >>> 16);
    }
    int lower = bits >>> 16;
    double magnitude = Math.abs((double) value);
    double below = Math.abs((double) Float.intBitsToFloat(lower << 16));
    // the neighbour of the largest finite value counts as 2^128, which is written as infinity
    int upperMagnitude = (lower & 0x7fff) + 1;
    double above = upperMagnitude == 0x7f80 ? 0x1p128 : Float.intBitsToFloat(upperMagnitude << 16);
    double toBelow = magnitude - below;
    double toAbove = above - magnitude;
    boolean up = toAbove < toBelow || (toAbove == toBelow && (lower & 1) == 1);
    return (short) (up ? lower + 1 : lower);
  }

  static void reduce(ReduceRows sum, int count) {
    for (int row = 0; row < count; row++) {
      for (int h = 0; h < sum.hidden(); h++) {
        write(sum.dst(), sum.dstType(), (long) row * sum.hidden() + h, reduceOne(sum, row, h));
      }
    }
  }

  private static float reduceOne(ReduceRows sum, int row, int h) {
    float total = 0;
    boolean any = false;
    for (int g = index(sum.groupStart(), row); g < index(sum.groupStart(), row + 1); g++) {
      int first = sum.elemStart() == null ? g : index(sum.elemStart(), g);
      int end = sum.elemStart() == null ? g + 1 : index(sum.elemStart(), g + 1);
      if (first == end) {
        continue;
      }
      float partial = term(sum, first, h);
      for (int e = first + 1; e < end; e++) {
        float next = term(sum, e, h);
        partial = partial + next;
      }
      partial = rounded(partial, sum.partialType());
      total = any ? total + partial : partial;
      any = true;
    }
    return total;
  }

  private static float term(ReduceRows sum, int e, int h) {
    int source = sum.elemSource() == null ? 0 : index(sum.elemSource(), e);
    long element = (long) index(sum.elemRow(), e) * sum.hidden() + h;
    float x = read(sum.sources().get(source), sum.srcType(), element);
    return sum.weights() == null ? x : sum.weights().get(ValueLayout.JAVA_FLOAT, 4L * e) * x;
  }

  static float dot(Span a, long aRow, Span b, long bRow, ElementType type, int hidden) {
    float[] lanes = new float[16];
    for (int h = 0; h < hidden; h++) {
      float product = read(a, type, aRow * hidden + h) * read(b, type, bRow * hidden + h);
      lanes[h % 16] = lanes[h % 16] + product;
    }
    for (int width : new int[] {8, 4, 2, 1}) {
      for (int lane = 0; lane < width; lane++) {
        lanes[lane] = lanes[lane] + lanes[lane + width];
      }
    }
    return lanes[0];
  }

  static int index(MemorySegment array, int at) {
    return array.get(ValueLayout.JAVA_INT, 4L * at);
  }
}
