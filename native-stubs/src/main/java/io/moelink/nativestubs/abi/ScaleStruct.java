package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code spc_scale_args}: the arguments of a scaling.
 *
 * <pre>
 *   0       4       8       32      56         72        88     92         96       104     112
 *   | size  | magic | dst   | src   | src_rows | weights | type | reserved | hidden | count |
 *   |       |       | rows  | rows  | operand  | operand |      |          |        |       |
 * </pre>
 */
public final class ScaleStruct {
  public static final int MAGIC = 0x314c4353;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.rows("dst"),
              Structs.rows("src"),
              Structs.operand("src_rows"),
              Structs.operand("weights"),
              Structs.int32("type"),
              Structs.int32("reserved"),
              Structs.int64("hidden"),
              Structs.int64("count"))
          .withName("spc_scale_args");

  public static final long DST = Structs.offset(LAYOUT, "dst");
  public static final long SRC = Structs.offset(LAYOUT, "src");
  public static final long SRC_ROWS = Structs.offset(LAYOUT, "src_rows");
  public static final long WEIGHTS = Structs.offset(LAYOUT, "weights");
  public static final long TYPE = Structs.offset(LAYOUT, "type");
  public static final long HIDDEN = Structs.offset(LAYOUT, "hidden");
  public static final long COUNT = Structs.offset(LAYOUT, "count");

  private ScaleStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
