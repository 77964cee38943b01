package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code spc_fill_args}: the arguments of a fill.
 *
 * <pre>
 *   0       4       8         24      32      36         40
 *   | size  | magic | dst     | bytes | value | reserved |
 *   |       |       | operand |       |       |          |
 * </pre>
 */
public final class FillStruct {
  public static final int MAGIC = 0x314c4946;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.operand("dst"),
              Structs.int64("bytes"),
              Structs.int32("value"),
              Structs.int32("reserved"))
          .withName("spc_fill_args");

  public static final long DST = Structs.offset(LAYOUT, "dst");
  public static final long BYTES = Structs.offset(LAYOUT, "bytes");
  public static final long VALUE = Structs.offset(LAYOUT, "value");

  private FillStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
