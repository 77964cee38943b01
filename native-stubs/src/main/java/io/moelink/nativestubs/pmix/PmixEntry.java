package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.Bootstrap;
import java.nio.ByteBuffer;

/**
 * What a rank publishes when it enters a round, so that the others see who came, to which call. All
 * entries have one length, whatever the rank gives; see {@link PmixBootstrap}.
 *
 * <pre>
 *   0       4       12     13       17                 64
 *   | magic | round | call | length | given, if it fits |
 * </pre>
 *
 * @param round the how-manieth call of the bootstrap it is
 * @param length bytes that the rank gives to the round, up to {@link Bootstrap#GATHER_BYTES_MAX}
 * @param given the bytes, or null when they do not fit and are published beside the entry
 */
record PmixEntry(long round, Call call, int length, byte[] given) {
  /** Bytes of every entry. */
  static final int BYTES = 64;

  private static final int MAGIC = 0x6d6c6b50;
  private static final int HEADER_BYTES = Integer.BYTES + Long.BYTES + 1 + Integer.BYTES;
  private static final int GIVEN_BYTES_MAX = BYTES - HEADER_BYTES;

  /** What ranks meet in. */
  enum Call {
    JOIN("join"),
    ALL_GATHER("allGather"),
    BARRIER("barrier"),
    CLOSE("close");

    private final String text;

    Call(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** The entry of a rank that gives these bytes. */
  static PmixEntry giving(long round, Call call, byte[] given) {
    return new PmixEntry(round, call, given.length, given.length <= GIVEN_BYTES_MAX ? given : null);
  }

  byte[] toBytes() {
    ByteBuffer bytes =
        ByteBuffer.allocate(BYTES)
            .putInt(MAGIC)
            .putLong(round)
            .put((byte) call.ordinal())
            .putInt(length);
    if (given != null) {
      bytes.put(given);
    }
    return bytes.array();
  }

  /**
   * Reads what another rank published.
   *
   * @throws IllegalArgumentException saying what was found and expected
   */
  static PmixEntry of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "an entry of %d bytes, expected %d".formatted(bytes.length, BYTES));
    }
    ByteBuffer from = ByteBuffer.wrap(bytes);
    int magic = from.getInt();
    if (magic != MAGIC) {
      throw new IllegalArgumentException("magic %#x, expected %#x".formatted(magic, MAGIC));
    }
    long round = from.getLong();
    int call = from.get();
    if (call < 0 || call >= Call.values().length) {
      throw new IllegalArgumentException(
          "call %d, expected 0 to %d".formatted(call, Call.values().length - 1));
    }
    int length = from.getInt();
    if (length < 0 || length > Bootstrap.GATHER_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a length of %d bytes, expected 0 to %d".formatted(length, Bootstrap.GATHER_BYTES_MAX));
    }
    byte[] given = null;
    if (length <= GIVEN_BYTES_MAX) {
      given = new byte[length];
      from.get(given);
    }
    return new PmixEntry(round, Call.values()[call], length, given);
  }
}
