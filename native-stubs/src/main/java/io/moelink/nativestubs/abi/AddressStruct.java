package io.moelink.nativestubs.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;

/**
 * {@code mlk_address}: how other ranks reach this one.
 *
 * <pre>
 *   0       4       8                2048
 *   | size  | magic | bytes (2040)   |
 * </pre>
 */
public final class AddressStruct {
  public static final int MAGIC = 0x31524441;

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(Structs.SIZE, Structs.MAGIC, Structs.bytes("bytes", 2040))
          .withName("mlk_address");

  public static final long BYTES = Structs.offset(LAYOUT, "bytes");

  private AddressStruct() {}

  public static MemorySegment allocate(SegmentAllocator memory) {
    return Structs.allocate(LAYOUT, MAGIC, memory);
  }
}
