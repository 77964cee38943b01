package io.moelink.bootstrap;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;

/**
 * How a rank and the store prove to each other that they know the job's secret, before either
 * believes a word of the other. Every message has one size; nothing is kept of who fails.
 *
 * <pre>
 *   rank  -> store   HELLO      magic (4) | version (4) | rank (4) | size (4) | nonce (32)
 *   store -> rank    CHALLENGE  magic (4) | version (4) | nonce (32)
 *   rank  -> store   PROOF      of HELLO and CHALLENGE
 *   store -> rank    VERDICT    verdict (1) | size (4) | proof of HELLO, CHALLENGE and these
 * </pre>
 *
 * <p>Both nonces are fresh and under both proofs, so a recorded handshake is worth nothing. The
 * rank proves first: whoever knocks at the store learns nothing of the secret.
 */
final class Handshake {
  static final int MAGIC = 0x6d6c6b42;
  static final int VERSION = 1;
  static final int NONCE_BYTES = 32;
  static final int HELLO_BYTES = 4 * Integer.BYTES + NONCE_BYTES;
  static final int CHALLENGE_BYTES = 2 * Integer.BYTES + NONCE_BYTES;

  private static final int VERDICT_BYTES = 1 + Integer.BYTES;
  private static final String BY_RANK = "rank";
  private static final String BY_STORE = "store";
  private static final SecureRandom RANDOM = new SecureRandom();

  /** What the store says to a rank. */
  enum Verdict {
    ADMITTED,
    OTHER_SECRET,
    OTHER_SIZE,
    TAKEN
  }

  /** Someone who does not know the secret; the message says how it showed. */
  static final class StrangerException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean otherSecret;

    StrangerException(String message, boolean otherSecret) {
      super(message);
      this.otherSecret = otherSecret;
    }

    /** Whether it did everything right but for the secret. */
    boolean otherSecret() {
      return otherSecret;
    }
  }

  /** Someone who knows the secret, and what it says of itself. */
  record Guest(
      SocketChannel channel, int rank, int size, JobSecret secret, byte[] hello, byte[] challenge) {
    /** Tells the guest whether it is in. */
    void answer(Verdict verdict, int size) throws IOException {
      byte[] said =
          ByteBuffer.allocate(VERDICT_BYTES).put((byte) verdict.ordinal()).putInt(size).array();
      write(channel, said, secret.prove(BY_STORE, hello, challenge, said));
    }

    /** The connection from here on. */
    Wire wire() {
      return Wire.ofStore(channel, connectionKey(secret, hello, challenge));
    }
  }

  private Handshake() {}

  /**
   * The store's side.
   *
   * @throws StrangerException if the other end does not know the secret
   */
  static Guest receive(SocketChannel channel, JobSecret secret) throws IOException {
    // the magic alone first: one who speaks something else is not waited for
    ByteBuffer magic = read(channel, Integer.BYTES);
    if (magic.getInt(0) != MAGIC) {
      throw new StrangerException("speaks something else", false);
    }
    ByteBuffer hello =
        ByteBuffer.allocate(HELLO_BYTES)
            .put(magic)
            .put(read(channel, HELLO_BYTES - Integer.BYTES))
            .flip();
    byte[] challenge =
        ByteBuffer.allocate(CHALLENGE_BYTES).putInt(MAGIC).putInt(VERSION).put(nonce()).array();
    write(channel, challenge);
    hello.getInt();
    int version = hello.getInt();
    if (version != VERSION) {
      throw new StrangerException("speaks version " + version, false);
    }
    byte[] proof = read(channel, JobSecret.PROOF_BYTES).array();
    Guest guest =
        new Guest(channel, hello.getInt(), hello.getInt(), secret, hello.array(), challenge);
    if (!JobSecret.same(proof, secret.prove(BY_RANK, hello.array(), challenge))) {
      // not provable to one who has another secret; a hint for whoever mistyped it
      byte[] hint = new byte[VERDICT_BYTES + JobSecret.PROOF_BYTES];
      hint[0] = (byte) Verdict.OTHER_SECRET.ordinal();
      write(channel, hint);
      throw new StrangerException("has another secret", true);
    }
    return guest;
  }

  /**
   * The rank's side.
   *
   * @throws BootstrapException if the store does not want this rank, for good
   * @throws IOException if this is not the store, or not yet
   */
  static Wire join(SocketChannel channel, JobEnvironment job) throws IOException {
    byte[] hello =
        ByteBuffer.allocate(HELLO_BYTES)
            .putInt(MAGIC)
            .putInt(VERSION)
            .putInt(job.rank())
            .putInt(job.size())
            .put(nonce())
            .array();
    write(channel, hello);
    byte[] challenge = read(channel, CHALLENGE_BYTES).array();
    ByteBuffer says = ByteBuffer.wrap(challenge);
    if (says.getInt() != MAGIC) {
      throw new ProtocolException("something else answers there");
    }
    int version = says.getInt();
    if (version != VERSION) {
      throw refused(
          job, "speaks version %d, %s speaks %d".formatted(VERSION, job.holder(), version));
    }
    write(channel, job.secret().prove(BY_RANK, hello, challenge));
    byte[] said = read(channel, VERDICT_BYTES).array();
    byte[] proof = read(channel, JobSecret.PROOF_BYTES).array();
    if (said[0] == Verdict.OTHER_SECRET.ordinal()) {
      throw refused(job, "has another MOELINK_SECRET than " + job.holder());
    }
    if (!JobSecret.same(proof, job.secret().prove(BY_STORE, hello, challenge, said))
        || said[0] < 0
        || said[0] >= Verdict.values().length) {
      throw new ProtocolException("what answers there does not know the secret");
    }
    int size = ByteBuffer.wrap(said).getInt(1);
    switch (Verdict.values()[said[0]]) {
      case OTHER_SIZE ->
          throw refused(
              job, "has WORLD_SIZE %d, %s has %d".formatted(job.size(), job.holder(), size));
      case TAKEN -> throw refused(job, "is in the job already, expected every RANK once");
      default -> {
        return Wire.ofRank(channel, connectionKey(job.secret(), hello, challenge));
      }
    }
  }

  private static BootstrapException refused(JobEnvironment job, String why) {
    return new BootstrapException(
        job.rank(), "%s: rank=%d %s".formatted(Message.Call.JOIN, job.rank(), why));
  }

  private static JobSecret connectionKey(JobSecret secret, byte[] hello, byte[] challenge) {
    return secret.derive(
        ByteBuffer.allocate(HELLO_BYTES + CHALLENGE_BYTES).put(hello).put(challenge).array());
  }

  private static byte[] nonce() {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    return nonce;
  }

  private static void write(SocketChannel channel, byte[]... parts) throws IOException {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteBuffer bytes = ByteBuffer.allocate(length);
    for (byte[] part : parts) {
      bytes.put(part);
    }
    bytes.flip();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer read(SocketChannel channel, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new EOFException("the connection was ended there");
      }
    }
    return bytes.flip();
  }
}
