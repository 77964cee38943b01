package io.moelink.verify;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.moelink.kernel.ElementType;
import java.lang.foreign.MemorySegment;

/** Rows as float32 values, one element at a time: the slow reference of conversions. */
public final class RowCodec {
  private RowCodec() {}

  /** The value of element {@code index} of a row. */
  public static float get(ElementType type, MemorySegment row, int index) {
    long at = (long) index * type.bytes();
    return switch (type) {
      case FP32 -> row.get(JAVA_FLOAT_UNALIGNED, at);
      case FP16 -> Float.float16ToFloat(row.get(JAVA_SHORT_UNALIGNED, at));
      case BF16 -> Float.intBitsToFloat(row.get(JAVA_SHORT_UNALIGNED, at) << 16);
    };
  }

  /** Stores a value, rounded to nearest even. */
  public static void set(ElementType type, MemorySegment row, int index, float value) {
    long at = (long) index * type.bytes();
    switch (type) {
      case FP32 -> row.set(JAVA_FLOAT_UNALIGNED, at, value);
      case FP16 -> row.set(JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
      case BF16 -> row.set(JAVA_SHORT_UNALIGNED, at, toBf16(value));
    }
  }

  /** The value that is left of one after it was stored as that type. */
  public static float round(ElementType type, float value) {
    return switch (type) {
      case FP32 -> value;
      case FP16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> Float.intBitsToFloat(toBf16(value) << 16);
    };
  }

  private static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    int low = bits & 0xFFFF;
    int high = bits >>> 16;
    boolean up = low > 0x8000 || low == 0x8000 && (high & 1) == 1;
    return (short) (up ? high + 1 : high);
  }
}
