package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code mlk_region_request}: what region to allocate.
 *
 * <pre>
 *   0       4       8       12      16      24              88
 *   | size  | magic | kind  | flags | bytes | purpose (64)  |
 * </pre>
 */
public final class RegionRequestStruct {
  public static final int MAGIC = 0x31514552;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.int32("kind"),
              Structs.int32("flags"),
              Structs.int64("bytes"),
              Structs.bytes("purpose", 64))
          .withName("mlk_region_request");

  public static final long KIND = Structs.offset(LAYOUT, "kind");
  public static final long FLAGS = Structs.offset(LAYOUT, "flags");
  public static final long BYTES = Structs.offset(LAYOUT, "bytes");
  public static final long PURPOSE = Structs.offset(LAYOUT, "purpose");

  /** {@code MLK_REGION_POPULATE}. */
  public static final int POPULATE = 1;

  private RegionRequestStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }

  /** Writes what the region is for, cut to fit. */
  public static void setPurpose(MemorySegment request, String purpose) {
    Structs.setText(request, PURPOSE, 64, purpose);
  }
}
