package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code spc_dot_args}: the arguments of dot products.
 *
 * <pre>
 *   0       4       8         24      48      72        88        104    108        112      120     128
 *   | size  | magic | out     | a     | b     | a_rows  | b_rows  | type | reserved | hidden | count |
 *   |       |       | operand | rows  | rows  | operand | operand |      |          |        |       |
 * </pre>
 */
public final class DotStruct {
  public static final int MAGIC = 0x31544f44;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.operand("out"),
              Structs.rows("a"),
              Structs.rows("b"),
              Structs.operand("a_rows"),
              Structs.operand("b_rows"),
              Structs.int32("type"),
              Structs.int32("reserved"),
              Structs.int64("hidden"),
              Structs.int64("count"))
          .withName("spc_dot_args");

  public static final long OUT = Structs.offset(LAYOUT, "out");
  public static final long A = Structs.offset(LAYOUT, "a");
  public static final long B = Structs.offset(LAYOUT, "b");
  public static final long A_ROWS = Structs.offset(LAYOUT, "a_rows");
  public static final long B_ROWS = Structs.offset(LAYOUT, "b_rows");
  public static final long TYPE = Structs.offset(LAYOUT, "type");
  public static final long HIDDEN = Structs.offset(LAYOUT, "hidden");
  public static final long COUNT = Structs.offset(LAYOUT, "count");

  private DotStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
