package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code spc_gather_args}: the arguments of a gather.
 *
 * <pre>
 *   0       4       8            32           56          64      72          88
 *   | size  | magic | dst        | src        | row_bytes | count | src_rows  |
 *   |       |       | rows       | rows       |           |       | operand   |
 * </pre>
 */
public final class GatherStruct {
  public static final int MAGIC = 0x31544147;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.rows("dst"),
              Structs.rows("src"),
              Structs.int64("row_bytes"),
              Structs.int64("count"),
              Structs.operand("src_rows"))
          .withName("spc_gather_args");

  public static final long DST = Structs.offset(LAYOUT, "dst");
  public static final long SRC = Structs.offset(LAYOUT, "src");
  public static final long ROW_BYTES = Structs.offset(LAYOUT, "row_bytes");
  public static final long COUNT = Structs.offset(LAYOUT, "count");
  public static final long SRC_ROWS = Structs.offset(LAYOUT, "src_rows");

  private GatherStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
