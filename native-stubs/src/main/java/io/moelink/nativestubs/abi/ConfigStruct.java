package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code mlk_config}: how a context is opened.
 *
 * <pre>
 *   0       4       8       12      16      20      24           32             48            112
 *   | size  | magic | rank  | rank  | signal| comp. | timeout_ns | group_token  | group_name   |
 *   |       |       |       | _count| _count| _units|            | (16)         | (64)         |
 * </pre>
 */
public final class ConfigStruct {
  public static final int MAGIC = 0x31474643;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Structs.SIZE,
              Structs.MAGIC,
              Structs.int32("rank"),
              Structs.int32("rank_count"),
              Structs.int32("signal_count"),
              Structs.int32("compute_units"),
              Structs.int64("timeout_ns"),
              Structs.bytes("group_token", 16),
              Structs.bytes("group_name", 64))
          .withName("mlk_config");

  public static final long RANK = Structs.offset(LAYOUT, "rank");
  public static final long RANK_COUNT = Structs.offset(LAYOUT, "rank_count");
  public static final long SIGNAL_COUNT = Structs.offset(LAYOUT, "signal_count");
  public static final long COMPUTE_UNITS = Structs.offset(LAYOUT, "compute_units");
  public static final long TIMEOUT_NS = Structs.offset(LAYOUT, "timeout_ns");
  public static final long GROUP_TOKEN = Structs.offset(LAYOUT, "group_token");
  public static final long GROUP_NAME = Structs.offset(LAYOUT, "group_name");

  private ConfigStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }

  /** Writes the group's name, cut to fit. */
  public static void setGroupName(MemorySegment config, String name) {
    Structs.setText(config, GROUP_NAME, 64, name);
  }
}
