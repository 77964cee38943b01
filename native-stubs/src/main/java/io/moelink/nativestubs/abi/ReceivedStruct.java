package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code mlk_received}: what message came.
 *
 * <pre>
 *   0       4       8       12         16      24      32
 *   | size  | magic | from  | reserved | tag   | bytes |
 * </pre>
 */
public final class ReceivedStruct {
  public static final int MAGIC = 0x31564352;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.int32("from"),
              Structs.int32("reserved"),
              Structs.int64("tag"),
              Structs.int64("bytes"))
          .withName("mlk_received");

  public static final long FROM = Structs.offset(LAYOUT, "from");
  public static final long TAG = Structs.offset(LAYOUT, "tag");
  public static final long BYTES = Structs.offset(LAYOUT, "bytes");

  private ReceivedStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
