package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code mlk_key}: what lets another rank attach a region.
 *
 * <pre>
 *   0       4       8              64
 *   | size  | magic | bytes (56)   |
 * </pre>
 */
public final class KeyStruct {
  public static final int MAGIC = 0x3159454b;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(Structs.SIZE, Structs.MAGIC, Structs.bytes("bytes", 56))
          .withName("mlk_key");

  public static final long BYTES = Structs.offset(LAYOUT, "bytes");

  private KeyStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }

  /** Puts size and magic back that were written over. */
  public static void reset(MemorySegment key) {
    Structs.setHeader(LAYOUT, MAGIC, key);
  }
}
