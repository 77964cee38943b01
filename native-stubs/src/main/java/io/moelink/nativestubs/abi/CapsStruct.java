package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code mlk_caps}: what a context can do.
 *
 * <pre>
 *   0       4       8       12      16                24           32                40
 *   | size  | magic | abi   | flags | message_bytes   | page_bytes | streaming_bytes |
 *   |       |       | _vers.|       | _max            |            |                 |
 *   40      44      48              64              80
 *   | comp. | signal| backend       | isa           |
 *   | _units| _count| (16)          | (16)          |
 * </pre>
 */
public final class CapsStruct {
  public static final int MAGIC = 0x31504143;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.int32("abi_version"),
              Structs.int32("flags"),
              Structs.int64("message_bytes_max"),
              Structs.int64("page_bytes"),
              Structs.int64("streaming_bytes"),
              Structs.int32("compute_units"),
              Structs.int32("signal_count"),
              Structs.bytes("backend", 16),
              Structs.bytes("isa", 16))
          .withName("mlk_caps");

  public static final long ABI_VERSION = Structs.offset(LAYOUT, "abi_version");
  public static final long FLAGS = Structs.offset(LAYOUT, "flags");
  public static final long MESSAGE_BYTES_MAX = Structs.offset(LAYOUT, "message_bytes_max");
  public static final long PAGE_BYTES = Structs.offset(LAYOUT, "page_bytes");
  public static final long STREAMING_BYTES = Structs.offset(LAYOUT, "streaming_bytes");
  public static final long COMPUTE_UNITS = Structs.offset(LAYOUT, "compute_units");
  public static final long SIGNAL_COUNT = Structs.offset(LAYOUT, "signal_count");
  public static final long BACKEND = Structs.offset(LAYOUT, "backend");
  public static final long ISA = Structs.offset(LAYOUT, "isa");

  private CapsStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }

  /** {@code MLK_CAP_REMOTE_LOADS}. */
  public static final int REMOTE_LOADS = 1;

  /** {@code MLK_CAP_DEVICE_MEMORY}. */
  public static final int DEVICE_MEMORY = 2;
}
