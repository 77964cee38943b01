package io.moelink.layout.npy;

import io.moelink.layout.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A dense array: an element type, a shape and the elements in C order, little endian.
 *
 * <p>The data may lie in the heap or in memory that an arena owns (a mapped file); it is not
 * copied, and is usable as long as that arena is open. The accessors read one element each and are
 * meant for modest sizes; a hot loop takes {@link #data()}.
 */
public final class NpyArray {
  /** Most dimensions of an array. */
  public static final int MAX_DIMENSIONS = 32;

  private static final ValueLayout.OfShort SHORT_LE =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT_LE =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG_LE =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT_LE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE_LE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final NpyType type;
  private final long[] shape;
  private final MemorySegment data;

  private NpyArray(NpyType type, long[] shape, MemorySegment data) {
    this.type = type;
    this.shape = shape;
    this.data = data;
  }

  /**
   * An array over existing memory.
   *
   * @param data exactly the elements, C order, little endian
   * @throws InvalidInputException when the size of {@code data} is not that of the shape
   */
  public static NpyArray of(NpyType type, MemorySegment data, long... shape) {
    long expected = byteSize("array", type, shape);
    if (data.byteSize() != expected) {
      throw new InvalidInputException(
          String.format(
              "array: %d bytes, expected %d (%s of %s)",
              data.byteSize(), expected, shapeText(shape), type));
    }
    return new NpyArray(type, shape.clone(), data);
  }

  /** int32, uint32 (the same 32 bits) or another 4-byte type, copied from {@code values}. */
  public static NpyArray ofInts(NpyType type, int[] values, long... shape) {
    requireBytes(type, Integer.BYTES);
    MemorySegment data = heap(values.length, Integer.BYTES);
    MemorySegment.copy(values, 0, data, INT_LE, 0, values.length);
    return of(type, data, shape);
  }

  /** int32, copied from {@code values}. */
  public static NpyArray ofInts(int[] values, long... shape) {
    return ofInts(NpyType.INT32, values, shape);
  }

  /** int64 or uint64 (the same 64 bits), copied from {@code values}. */
  public static NpyArray ofLongs(NpyType type, long[] values, long... shape) {
    requireBytes(type, Long.BYTES);
    MemorySegment data = heap(values.length, Long.BYTES);
    MemorySegment.copy(values, 0, data, LONG_LE, 0, values.length);
    return of(type, data, shape);
  }

  /** int16, uint16 or float16 (the same 16 bits), copied from {@code values}. */
  public static NpyArray ofShorts(NpyType type, short[] values, long... shape) {
    requireBytes(type, Short.BYTES);
    MemorySegment data = heap(values.length, Short.BYTES);
    MemorySegment.copy(values, 0, data, SHORT_LE, 0, values.length);
    return of(type, data, shape);
  }

  /** int8, uint8 or bool (0 or 1), over {@code values} itself. */
  public static NpyArray ofBytes(NpyType type, byte[] values, long... shape) {
    requireBytes(type, Byte.BYTES);
    return of(type, MemorySegment.ofArray(values), shape);
  }

  /** float32, copied from {@code values}. */
  public static NpyArray ofFloats(float[] values, long... shape) {
    MemorySegment data = heap(values.length, Float.BYTES);
    MemorySegment.copy(values, 0, data, FLOAT_LE, 0, values.length);
    return of(NpyType.FLOAT32, data, shape);
  }

  private static MemorySegment heap(int count, int bytes) {
    return MemorySegment.ofArray(new byte[Math.multiplyExact(count, bytes)]);
  }

  private static void requireBytes(NpyType type, int bytes) {
    if (type.bytes() != bytes) {
      throw new IllegalArgumentException(
          "type=" + type + " has " + type.bytes() + " bytes, expected " + bytes);
    }
  }

  /**
   * Bytes of a whole array, checked for overflow.
   *
   * @param what starts the message of a refusal
   */
  static long byteSize(String what, NpyType type, long[] shape) {
    if (shape.length > MAX_DIMENSIONS) {
      throw new InvalidInputException(
          what + ": " + shape.length + " dimensions, expected at most " + MAX_DIMENSIONS);
    }
    boolean empty = false;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new InvalidInputException(
            what + ": shape " + shapeText(shape) + ", expected no negative dimension");
      }
      empty |= dimension == 0;
    }
    long bytes = empty ? 0 : type.bytes();
    for (long dimension : shape) {
      if (Math.multiplyHigh(bytes, dimension) != 0 || bytes * dimension < 0) {
        throw new InvalidInputException(
            what
                + ": shape "
                + shapeText(shape)
                + " of "
                + type
                + ", expected less than 2^63 bytes");
      }
      bytes *= dimension;
    }
    return bytes;
  }

  /** A shape as NumPy users know it, in brackets: {@code [65536, 24, 4]}. */
  public static String shapeText(long[] shape) {
    return Arrays.stream(shape)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /** The element type. */
  public NpyType type() {
    return type;
  }

  /** The shape; empty for a single element. */
  public long[] shape() {
    return shape.clone();
  }

  /** Elements in all. */
  public long size() {
    return data.byteSize() / type.bytes();
  }

  /** The elements, C order, little endian. */
  public MemorySegment data() {
    return data;
  }

  /**
   * The element at a flat index as an integer: sign or zero extended by the type; uint64 as the
   * same 64 bits.
   *
   * @throws IllegalStateException for floating point types
   */
  public long getLong(long index) {
    return switch (type) {
      case BOOL, UINT8 -> Byte.toUnsignedLong(data.get(ValueLayout.JAVA_BYTE, index));
      case INT8 -> data.get(ValueLayout.JAVA_BYTE, index);
      case INT16 -> data.get(SHORT_LE, 2 * index);
      case UINT16 -> Short.toUnsignedLong(data.get(SHORT_LE, 2 * index));
      case INT32 -> data.get(INT_LE, 4 * index);
      case UINT32 -> Integer.toUnsignedLong(data.get(INT_LE, 4 * index));
      case INT64, UINT64 -> data.get(LONG_LE, 8 * index);
      case FLOAT16, FLOAT32, FLOAT64 ->
          throw new IllegalStateException("type=" + type + " is not an integer");
    };
  }

  /** The element at a flat index as a floating point number; integers are converted. */
  public double getDouble(long index) {
    return switch (type) {
      case FLOAT16 -> Float.float16ToFloat(data.get(SHORT_LE, 2 * index));
      case FLOAT32 -> data.get(FLOAT_LE, 4 * index);
      case FLOAT64 -> data.get(DOUBLE_LE, 8 * index);
      default -> getLong(index);
    };
  }

  /** All elements of an integer type as ints (the low 32 bits). */
  public int[] toInts() {
    int[] values = new int[Math.toIntExact(size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (int) getLong(i);
    }
    return values;
  }

  /** All elements of an integer type as longs. */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = getLong(i);
    }
    return values;
  }

  /** All elements as floats (rounded to nearest). */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) getDouble(i);
    }
    return values;
  }

  @Override
  public String toString() {
    return shapeText(shape) + " of " + type;
  }
}
