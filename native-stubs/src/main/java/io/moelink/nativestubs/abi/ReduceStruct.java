package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/**
 * {@code spc_reduce_args}: the arguments of a reduce.
 *
 * <pre>
 *   0       4       8       32      36      40       44       48        56       64      72
 *   | size  | magic | dst   | dst   | src   | partial| source | sources | hidden | count |
 *   |       |       | rows  | _type | _type | _type  | _count | pointer |        |       |
 *   72             80               88            104          120           136        152       168
 *   | group_length | element_length | group_start | elem_start | elem_source | elem_row | weights |
 *   |              |                | operand     | operand    | operand     | operand  | operand |
 * </pre>
 */
public final class ReduceStruct {
  public static final int MAGIC = 0x31444552;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.rows("dst"),
              Structs.int32("dst_type"),
              Structs.int32("src_type"),
              Structs.int32("partial_type"),
              Structs.int32("source_count"),
              ValueLayout.ADDRESS.withName("sources"),
              Structs.int64("hidden"),
              Structs.int64("count"),
              Structs.int64("group_length"),
              Structs.int64("element_length"),
              Structs.operand("group_start"),
              Structs.operand("elem_start"),
              Structs.operand("elem_source"),
              Structs.operand("elem_row"),
              Structs.operand("weights"))
          .withName("spc_reduce_args");

  public static final long DST = Structs.offset(LAYOUT, "dst");
  public static final long DST_TYPE = Structs.offset(LAYOUT, "dst_type");
  public static final long SRC_TYPE = Structs.offset(LAYOUT, "src_type");
  public static final long PARTIAL_TYPE = Structs.offset(LAYOUT, "partial_type");
  public static final long SOURCE_COUNT = Structs.offset(LAYOUT, "source_count");
  public static final long SOURCES = Structs.offset(LAYOUT, "sources");
  public static final long HIDDEN = Structs.offset(LAYOUT, "hidden");
  public static final long COUNT = Structs.offset(LAYOUT, "count");
  public static final long GROUP_LENGTH = Structs.offset(LAYOUT, "group_length");
  public static final long ELEMENT_LENGTH = Structs.offset(LAYOUT, "element_length");
  public static final long GROUP_START = Structs.offset(LAYOUT, "group_start");
  public static final long ELEM_START = Structs.offset(LAYOUT, "elem_start");
  public static final long ELEM_SOURCE = Structs.offset(LAYOUT, "elem_source");
  public static final long ELEM_ROW = Structs.offset(LAYOUT, "elem_row");
  public static final long WEIGHTS = Structs.offset(LAYOUT, "weights");

  private ReduceStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
