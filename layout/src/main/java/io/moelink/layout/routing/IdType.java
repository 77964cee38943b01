package io.moelink.layout.routing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** How expert ids lie in memory, little endian. Only the signed types can say -1 (no expert). */
public enum IdType {
  UINT8(1),
  INT16(2),
  INT32(4),
  INT64(8);

  private static final ValueLayout.OfShort SHORT_LE =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT_LE =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG_LE =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;

  IdType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one id. */
  public int bytes() {
    return bytes;
  }

  /** The lowest id that a caller may give: -1, or 0 where the type has no sign. */
  int lowestId() {
    return this == UINT8 ? 0 : -1;
  }

  /** The id at byte {@code fromOffset} of {@code from}. */
  long widen(MemorySegment from, long fromOffset) {
    return switch (this) {
      case UINT8 -> Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, fromOffset));
      case INT16 -> from.get(SHORT_LE, fromOffset);
      case INT32 -> from.get(INT_LE, fromOffset);
      case INT64 -> from.get(LONG_LE, fromOffset);
    };
  }

  /**
   * Copies {@code count} ids from byte {@code fromOffset} of {@code from} to {@code to[toIndex]}
   * on. An id that does not fit an int becomes {@link TopKChecks#UNREPRESENTABLE}, which no check
   * lets pass.
   */
  void copy(MemorySegment from, long fromOffset, int[] to, int toIndex, int count) {
    switch (this) {
      case UINT8 -> {
        for (int i = 0; i < count; i++) {
          to[toIndex + i] = Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, fromOffset + i));
        }
      }
      case INT16 -> {
        for (int i = 0; i < count; i++) {
          to[toIndex + i] = from.get(SHORT_LE, fromOffset + 2L * i);
        }
      }
      case INT32 -> MemorySegment.copy(from, INT_LE, fromOffset, to, toIndex, count);
      case INT64 -> {
        for (int i = 0; i < count; i++) {
          to[toIndex + i] = TopKChecks.narrow(from.get(LONG_LE, fromOffset + 8L * i));
        }
      }
    }
  }
}
