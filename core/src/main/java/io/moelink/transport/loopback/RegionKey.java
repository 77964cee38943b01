package io.moelink.transport.loopback;

import java.nio.ByteBuffer;

/**
 * The exported form of a region.
 *
 * <pre>
 *   0        4        8                16               24
 *   | magic  | rank   | memory id      | byte size      |   big endian
 * </pre>
 */
record RegionKey(int rank, long memoryId, long byteSize) {
  private static final int MAGIC = 0x6d6c6b31;
  private static final int BYTES = 24;

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .putInt(MAGIC)
        .putInt(rank)
        .putLong(memoryId)
        .putLong(byteSize)
        .array();
  }

  static RegionKey decode(byte[] key) {
    if (key.length != BYTES) {
      throw new IllegalArgumentException(
          "attach: key has %d bytes, expected %d".formatted(key.length, BYTES));
    }
    ByteBuffer in = ByteBuffer.wrap(key);
    int magic = in.getInt();
    if (magic != MAGIC) {
      throw new IllegalArgumentException(
          "attach: key starts with 0x%08x, expected 0x%08x of a loopback region"
              .formatted(magic, MAGIC));
    }
    return new RegionKey(in.getInt(), in.getLong(), in.getLong());
  }
}
