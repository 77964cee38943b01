package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code spc_scatter_args}: the arguments of a scatter.
 *
 * <pre>
 *   0       4       8       32      56          64      72         88          104        120              128
 *   | size  | magic | dst   | src   | row_bytes | count | src_rows | dst_start | dst_rows | dst_row_length |
 *   |       |       | rows  | rows  |           |       | operand  | operand   | operand  |                |
 * </pre>
 */
public final class ScatterStruct {
  public static final int MAGIC = 0x31544353;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.rows("dst"),
              Structs.rows("src"),
              Structs.int64("row_bytes"),
              Structs.int64("count"),
              Structs.operand("src_rows"),
              Structs.operand("dst_start"),
              Structs.operand("dst_rows"),
              Structs.int64("dst_row_length"))
          .withName("spc_scatter_args");

  public static final long DST = Structs.offset(LAYOUT, "dst");
  public static final long SRC = Structs.offset(LAYOUT, "src");
  public static final long ROW_BYTES = Structs.offset(LAYOUT, "row_bytes");
  public static final long COUNT = Structs.offset(LAYOUT, "count");
  public static final long SRC_ROWS = Structs.offset(LAYOUT, "src_rows");
  public static final long DST_START = Structs.offset(LAYOUT, "dst_start");
  public static final long DST_ROWS = Structs.offset(LAYOUT, "dst_rows");
  public static final long DST_ROW_LENGTH = Structs.offset(LAYOUT, "dst_row_length");

  private ScatterStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
