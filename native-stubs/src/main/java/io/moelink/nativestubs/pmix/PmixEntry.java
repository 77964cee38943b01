package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.Bootstrap;
import java.nio.ByteBuffer;

/**
 * What a rank publishes in a round, so that the others see that it came, and to which call.
 *
 * <pre>
 *   0       4      5
 *   | magic | call | given |
 * </pre>
 *
 * @param given what the rank gives to the round, up to {@link Bootstrap#GATHER_BYTES_MAX} bytes
 */
record PmixEntry(Call call, byte[] given) {
  private static final int MAGIC = 0x6d6c6b50;
  private static final int HEADER_BYTES = Integer.BYTES + 1;

  /** Most bytes of an entry. */
  static final int BYTES_MAX = HEADER_BYTES + Bootstrap.GATHER_BYTES_MAX;

  /** What ranks meet in. */
  enum Call {
    JOIN("join", false),
    ALL_GATHER("allGather", true),
    BARRIER("barrier", false),
    CLOSE("close", false);

    private final String text;
    private final boolean gathers;

    Call(String text, boolean gathers) {
      this.text = text;
      this.gathers = gathers;
    }

    /** Whether ranks give something. */
    boolean gathers() {
      return gathers;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  byte[] toBytes() {
    return ByteBuffer.allocate(HEADER_BYTES + given.length)
        .putInt(MAGIC)
        .put((byte) call.ordinal())
        .put(given)
        .array();
  }

  /**
   * Reads what another rank published.
   *
   * @throws IllegalArgumentException saying what was found and expected
   */
  static PmixEntry of(byte[] bytes) {
    if (bytes.length < HEADER_BYTES || bytes.length > BYTES_MAX) {
      throw new IllegalArgumentException(
          "%d bytes, expected %d to %d".formatted(bytes.length, HEADER_BYTES, BYTES_MAX));
    }
    ByteBuffer from = ByteBuffer.wrap(bytes);
    int magic = from.getInt();
    if (magic != MAGIC) {
      throw new IllegalArgumentException("magic %#x, expected %#x".formatted(magic, MAGIC));
    }
    int call = from.get();
    if (call < 0 || call >= Call.values().length) {
      throw new IllegalArgumentException(
          "call %d, expected 0 to %d".formatted(call, Call.values().length - 1));
    }
    byte[] given = new byte[from.remaining()];
    from.get(given);
    return new PmixEntry(Call.values()[call], given);
  }
}
