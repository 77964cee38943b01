package io.moelink.bench.compare;

import io.moelink.transport.Deadline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** One socket to a contestant: lines to it and from it. The harness sleeps while it waits. */
final class Connection implements AutoCloseable {
  private static final int LINE_MAX = 16 << 20;

  private final SocketChannel channel;
  private final Selector selector;
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).flip();

  Connection(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    selector = Selector.open();
    channel.register(selector, SelectionKey.OP_READ);
  }

  /** Sends a command, which is short enough for the socket to take it at once. */
  void send(String line) throws IOException {
    ByteBuffer out = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
    if (channel.write(out) < out.limit()) {
      throw new IOException("a contestant does not read its commands");
    }
  }

  /** The next line; empty when there is none in time, or none any more. */
  Optional<String> receive(Deadline deadline) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (bytes.hasRemaining()) {
        byte next = bytes.get();
        if (next == '\n') {
          return Optional.of(line.toString(StandardCharsets.US_ASCII));
        }
        line.write(next);
      }
      if (line.size() > LINE_MAX || !fill(deadline)) {
        return Optional.empty();
      }
    }
  }

  private boolean fill(Deadline deadline) throws IOException {
    while (true) {
      bytes.clear();
      int count = channel.read(bytes);
      bytes.flip();
      if (count != 0) {
        return count > 0;
      }
      if (deadline.passed()) {
        return false;
      }
      // 0 would be for ever
      selector.select(1 + deadline.nanosLeft() / 1_000_000);
      selector.selectedKeys().clear();
    }
  }

  @Override
  public void close() throws IOException {
    try (selector) {
      channel.close();
    }
  }
}
