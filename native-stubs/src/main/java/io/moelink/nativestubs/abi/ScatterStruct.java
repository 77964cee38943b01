package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/**
 * {@code spc_scatter_args}: the arguments of a scatter.
 *
 * <pre>
 *   0       4       8        12         16        24      48          56      64
 *   | size  | magic | target | reserved | targets | src   | row_bytes | count | place_length |
 *   |       |       | _count |          | pointer | rows  |           |       |              |
 *   72         88          104          120        136
 *   | src_rows | dst_start | dst_target | dst_rows |
 *   | operand  | operand   | operand    | operand  |
 * </pre>
 */
public final class ScatterStruct {
  public static final int MAGIC = 0x32544353;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.int32("target_count"),
              Structs.int32("reserved"),
              ValueLayout.ADDRESS.withName("targets"),
              Structs.rows("src"),
              Structs.int64("row_bytes"),
              Structs.int64("count"),
              Structs.int64("place_length"),
              Structs.operand("src_rows"),
              Structs.operand("dst_start"),
              Structs.operand("dst_target"),
              Structs.operand("dst_rows"))
          .withName("spc_scatter_args");

  public static final long TARGET_COUNT = Structs.offset(LAYOUT, "target_count");
  public static final long TARGETS = Structs.offset(LAYOUT, "targets");
  public static final long SRC = Structs.offset(LAYOUT, "src");
  public static final long ROW_BYTES = Structs.offset(LAYOUT, "row_bytes");
  public static final long COUNT = Structs.offset(LAYOUT, "count");
  public static final long PLACE_LENGTH = Structs.offset(LAYOUT, "place_length");
  public static final long SRC_ROWS = Structs.offset(LAYOUT, "src_rows");
  public static final long DST_START = Structs.offset(LAYOUT, "dst_start");
  public static final long DST_TARGET = Structs.offset(LAYOUT, "dst_target");
  public static final long DST_ROWS = Structs.offset(LAYOUT, "dst_rows");

  private ScatterStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
