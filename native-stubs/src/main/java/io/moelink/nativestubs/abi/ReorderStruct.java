package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code spc_reorder_args}: the arguments of a transpose.
 *
 * <pre>
 *   0       4       8         24        40              44         48     56        64
 *   | size  | magic | dst     | src     | element_bytes | reserved | rows | columns |
 *   |       |       | operand | operand |               |          |      |         |
 * </pre>
 */
public final class ReorderStruct {
  public static final int MAGIC = 0x3144524f;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.operand("dst"),
              Structs.operand("src"),
              Structs.int32("element_bytes"),
              Structs.int32("reserved"),
              Structs.int64("rows"),
              Structs.int64("columns"))
          .withName("spc_reorder_args");

  public static final long DST = Structs.offset(LAYOUT, "dst");
  public static final long SRC = Structs.offset(LAYOUT, "src");
  public static final long ELEMENT_BYTES = Structs.offset(LAYOUT, "element_bytes");
  public static final long ROWS = Structs.offset(LAYOUT, "rows");
  public static final long COLUMNS = Structs.offset(LAYOUT, "columns");

  private ReorderStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
