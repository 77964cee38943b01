package io.moelink.bootstrap;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import javax.crypto.Mac;

/**
 * Messages between two ends that have proved to each other that they know the job's secret.
 *
 * <pre>
 *   type (1) | length (4) | payload (length) | proof (32)
 * </pre>
 *
 * <p>The proof is over direction, number of the message, type, length and payload, with a key of
 * this connection alone, so that a message that was altered, invented, left out, repeated, sent
 * back or taken from another connection ends the connection. One thread may send while another
 * receives.
 */
final class Wire implements AutoCloseable {
  /** Most bytes of a payload: what a rank gives, and a few numbers beside it. */
  static final int PAYLOAD_BYTES_MAX = Bootstrap.GATHER_BYTES_MAX + 64;

  private static final int HEADER_BYTES = 1 + Long.BYTES + 1 + Integer.BYTES;

  /**
   * A message.
   *
   * @param type of {@link Message}
   */
  record Received(byte type, byte[] payload) {}

  private final SocketChannel channel;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final Direction sending;
  private final Direction receiving;

  /** Numbers and proves the messages of one direction. */
  private static final class Direction {
    private final byte name;
    private final Mac mac;
    private long messages;

    Direction(byte name, JobSecret key) {
      this.name = name;
      mac = key.mac();
    }

    byte[] proof(byte type, byte[] payload) {
      mac.update(
          ByteBuffer.allocate(HEADER_BYTES)
              .put(name)
              .putLong(messages++)
              .put(type)
              .putInt(payload.length)
              .flip());
      return mac.doFinal(payload);
    }
  }

  private Wire(SocketChannel channel, JobSecret key, byte sends, byte receives) {
    this.channel = channel;
    in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel)));
    out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)));
    sending = new Direction(sends, key);
    receiving = new Direction(receives, key);
  }

  /** The end of the rank that connected. */
  static Wire ofRank(SocketChannel channel, JobSecret key) {
    return new Wire(channel, key, (byte) 'r', (byte) 's');
  }

  /** The end of the store. */
  static Wire ofStore(SocketChannel channel, JobSecret key) {
    return new Wire(channel, key, (byte) 's', (byte) 'r');
  }

  SocketChannel channel() {
    return channel;
  }

  /** Puts a message behind those that {@link #flush} will send. */
  void send(byte type, byte[] payload) throws IOException {
    out.writeByte(type);
    out.writeInt(payload.length);
    out.write(payload);
    out.write(sending.proof(type, payload));
  }

  void flush() throws IOException {
    out.flush();
  }

  /**
   * The next message.
   *
   * @throws java.io.EOFException when the other end has gone
   * @throws ProtocolException when the other end is not who it was
   */
  Received receive() throws IOException {
    byte type = in.readByte();
    int length = in.readInt();
    if (length < 0 || length > PAYLOAD_BYTES_MAX) {
      throw new ProtocolException(
          "message of %d bytes, expected at most %d".formatted(length, PAYLOAD_BYTES_MAX));
    }
    byte[] payload = new byte[length];
    in.readFully(payload);
    byte[] proof = in.readNBytes(JobSecret.PROOF_BYTES);
    if (!JobSecret.same(proof, receiving.proof(type, payload))) {
      throw new ProtocolException("message whose proof is wrong");
    }
    return new Received(type, payload);
  }

  /** Ends the connection, and whatever another thread does with it. */
  @Override
  public void close() {
    Deadline.closeChannel(channel);
  }
}
