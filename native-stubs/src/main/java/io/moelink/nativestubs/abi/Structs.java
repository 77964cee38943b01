package io.moelink.nativestubs.abi;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * What the structs of the interface have in common, and the two that are parts of others.
 *
 * <pre>
 *   every struct        mlk_operand               mlk_rows
 *   0       4       8   0         8          16   0         8         16          24
 *   | size  | magic |   | region  | offset    |   | region  | offset  | row_count |
 * </pre>
 *
 * Names of fields are those of C, so that a test can compare them.
 */
public final class Structs {
  static final StructLayout OPERAND =
      MemoryLayout.structLayout(
              ValueLayout.JAVA_LONG.withName("region"), ValueLayout.JAVA_LONG.withName("offset"))
          .withName("mlk_operand");

  static final StructLayout ROWS =
      MemoryLayout.structLayout(
              ValueLayout.JAVA_LONG.withName("region"),
              ValueLayout.JAVA_LONG.withName("offset"),
              ValueLayout.JAVA_LONG.withName("row_count"))
          .withName("mlk_rows");

  /** Bytes of an {@code mlk_rows}. */
  public static final long ROWS_BYTES = ROWS.byteSize();

  /** The region of operands that are addresses of this process. */
  public static final long HOST = 0;

  static final MemoryLayout SIZE = ValueLayout.JAVA_INT.withName("size");
  static final MemoryLayout MAGIC = ValueLayout.JAVA_INT.withName("magic");

  private Structs() {}

  static MemoryLayout int32(String name) {
    return ValueLayout.JAVA_INT.withName(name);
  }

  static MemoryLayout int64(String name) {
    return ValueLayout.JAVA_LONG.withName(name);
  }

  static MemoryLayout operand(String name) {
    return OPERAND.withName(name);
  }

  static MemoryLayout rows(String name) {
    return ROWS.withName(name);
  }

  static MemoryLayout bytes(String name, long count) {
    return MemoryLayout.sequenceLayout(count, ValueLayout.JAVA_BYTE).withName(name);
  }

  static long offset(StructLayout layout, String field) {
    return layout.byteOffset(groupElement(field));
  }

  /** A zeroed struct with its size and magic in place. */
  static MemorySegment allocate(StructLayout layout, int magic, SegmentAllocator memory) {
    MemorySegment struct = memory.allocate(layout);
    setHeader(layout, magic, struct);
    return struct;
  }

  static void setHeader(StructLayout layout, int magic, MemorySegment struct) {
    struct.set(ValueLayout.JAVA_INT, 0, (int) layout.byteSize());
    struct.set(ValueLayout.JAVA_INT, 4, magic);
  }

  /** Writes an {@code mlk_operand}. */
  public static void setOperand(MemorySegment struct, long at, long region, long offset) {
    struct.set(ValueLayout.JAVA_LONG, at, region);
    struct.set(ValueLayout.JAVA_LONG, at + 8, offset);
  }

  /** Writes an {@code mlk_rows}. */
  public static void setRows(
      MemorySegment struct, long at, long region, long offset, long rowCount) {
    setOperand(struct, at, region, offset);
    struct.set(ValueLayout.JAVA_LONG, at + 16, rowCount);
  }

  /** Writes text that ends with 0 into a field of so many bytes, cut between characters to fit. */
  static void setText(MemorySegment struct, long at, long fieldBytes, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int length = (int) Math.min(utf8.length, fieldBytes - 1);
    while (length < utf8.length && length > 0 && (utf8[length] & 0xc0) == 0x80) {
      length--;
    }
    MemorySegment.copy(utf8, 0, struct, ValueLayout.JAVA_BYTE, at, length);
    struct.set(ValueLayout.JAVA_BYTE, at + length, (byte) 0);
  }
}
