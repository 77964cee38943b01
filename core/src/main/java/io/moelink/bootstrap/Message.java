package io.moelink.bootstrap;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What a rank and the store say to each other once the rank is in the job. */
final class Message {
  /** From a rank: it enters a round. Call (1), nanoseconds it waits (8), what it gives. */
  static final byte ENTER = 1;

  /** From the store: the round is complete; what each rank gave follows, by rank, as ITEMs. */
  static final byte COMPLETE = 2;

  /** From the store: what one rank gave. */
  static final byte ITEM = 3;

  /** From the store: the round failed. Rank at fault (4), text. */
  static final byte FAILED = 4;

  /** From either: it closes. */
  static final byte BYE = 5;

  static final byte[] NOTHING = new byte[0];

  private static final int TEXT_BYTES_MAX = 64 << 10;

  /** A call that ranks meet in. */
  enum Call {
    JOIN("join"),
    ALL_GATHER("allGather"),
    BARRIER("barrier"),
    SURVIVORS("survivors");

    private final String text;

    Call(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** The payload of {@link #ENTER}. */
  record Enter(Call call, long nanos, byte[] given) {
    private static final int HEADER_BYTES = 1 + Long.BYTES;

    byte[] toBytes() {
      return ByteBuffer.allocate(HEADER_BYTES + given.length)
          .put((byte) call.ordinal())
          .putLong(nanos)
          .put(given)
          .array();
    }

    static Enter of(byte[] payload) throws ProtocolException {
      ByteBuffer bytes = ByteBuffer.wrap(payload);
      if (payload.length < HEADER_BYTES
          || payload.length > HEADER_BYTES + Bootstrap.GATHER_BYTES_MAX
          || bytes.get(0) < 0
          || bytes.get(0) >= Call.values().length) {
        throw new ProtocolException("an ENTER of %d bytes".formatted(payload.length));
      }
      Call call = Call.values()[bytes.get()];
      long nanos = bytes.getLong();
      byte[] given = new byte[bytes.remaining()];
      bytes.get(given);
      return new Enter(call, nanos, given);
    }
  }

  private Message() {}

  static byte[] ranks(int[] ranks) {
    ByteBuffer bytes = ByteBuffer.allocate(ranks.length * Integer.BYTES);
    bytes.asIntBuffer().put(ranks);
    return bytes.array();
  }

  static int[] ranks(byte[] payload) {
    int[] ranks = new int[payload.length / Integer.BYTES];
    ByteBuffer.wrap(payload).asIntBuffer().get(ranks);
    return ranks;
  }

  static byte[] failed(BootstrapException failure) {
    byte[] text = failure.getMessage().getBytes(StandardCharsets.UTF_8);
    int length = Math.min(text.length, TEXT_BYTES_MAX);
    return ByteBuffer.allocate(Integer.BYTES + length)
        .putInt(failure.rank())
        .put(text, 0, length)
        .array();
  }

  static BootstrapException failure(byte[] payload) throws ProtocolException {
    if (payload.length < Integer.BYTES) {
      throw new ProtocolException("a FAILED of %d bytes".formatted(payload.length));
    }
    ByteBuffer bytes = ByteBuffer.wrap(payload);
    int rank = bytes.getInt();
    return new BootstrapException(rank, StandardCharsets.UTF_8.decode(bytes).toString());
  }
}
