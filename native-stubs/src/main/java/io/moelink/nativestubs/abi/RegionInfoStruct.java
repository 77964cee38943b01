package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code mlk_region_info}: what a region is.
 *
 * <pre>
 *   0       4       8       12      16      24        32              96
 *   | size  | magic | owner | kind  | bytes | address | purpose (64)  |
 * </pre>
 */
public final class RegionInfoStruct {
  public static final int MAGIC = 0x31474552;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.int32("owner"),
              Structs.int32("kind"),
              Structs.int64("bytes"),
              Structs.int64("address"),
              Structs.bytes("purpose", 64))
          .withName("mlk_region_info");

  public static final long OWNER = Structs.offset(LAYOUT, "owner");
  public static final long KIND = Structs.offset(LAYOUT, "kind");
  public static final long BYTES = Structs.offset(LAYOUT, "bytes");
  public static final long ADDRESS = Structs.offset(LAYOUT, "address");
  public static final long PURPOSE = Structs.offset(LAYOUT, "purpose");

  private RegionInfoStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
