package io.moelink.nativestubs.job;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Strangers that connect to a port of this host and say what no rank says: random bytes, nothing, a
 * byte now and then, far too much, or good-bye at once.
 */
final class Garbage implements AutoCloseable {
  private static final int THREADS = 16;
  private static final int RANDOM_BYTES = 4096;
  private static final int OVERSIZED_BYTES = 1 << 20;
  private static final int SLOW_BYTES = 10;
  private static final int SLOW_PAUSE_MILLIS = 100;

  /** Silent connections that are kept open at one time. */
  private static final int OPEN_MAX = 300;

  private final List<Thread> threads = new ArrayList<>();
  private final List<Socket> open = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger made = new AtomicInteger();
  private final int port;

  private Garbage(int port) {
    this.port = port;
  }

  /** Starts {@code count} connections; returns at once. */
  static Garbage at(int port, int count, long seed) {
    Garbage garbage = new Garbage(port);
    for (int i = 0; i < THREADS; i++) {
      garbage.threads.add(
          Thread.ofPlatform()
              .name("stranger-" + i)
              .start(
                  () -> {
                    int number;
                    while ((number = garbage.next.getAndIncrement()) < count) {
                      garbage.one(number, new Random(seed + number));
                    }
                  }));
    }
    return garbage;
  }

  private void one(int number, Random random) {
    try {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      made.incrementAndGet();
      switch (number % 5) {
        case 0 -> say(socket, random, RANDOM_BYTES);
        case 1 -> keep(socket);
        case 2 -> slowly(socket, random);
        case 3 -> oversized(socket, random);
        default -> socket.close();
      }
    } catch (IOException refused) {
      // the other end has thrown it out, which is what it is for
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private static void say(Socket socket, Random random, int bytes) throws IOException {
    try (socket;
        OutputStream out = socket.getOutputStream()) {
      byte[] said = new byte[bytes];
      random.nextBytes(said);
      out.write(said);
    }
  }

  private void keep(Socket socket) throws IOException {
    Socket oldest = null;
    synchronized (open) {
      open.add(socket);
      if (open.size() > OPEN_MAX) {
        oldest = open.remove(0);
      }
    }
    if (oldest != null) {
      oldest.close();
    }
  }

  private static void slowly(Socket socket, Random random)
      throws IOException, InterruptedException {
    try (socket;
        OutputStream out = socket.getOutputStream()) {
      for (int i = 0; i < SLOW_BYTES; i++) {
        out.write(random.nextInt());
        Thread.sleep(SLOW_PAUSE_MILLIS);
      }
    }
  }

  /** A length that no message has, and as many bytes as are taken. */
  private static void oversized(Socket socket, Random random) throws IOException {
    try (socket;
        OutputStream out = socket.getOutputStream()) {
      out.write(ByteBuffer.allocate(8).putInt(Integer.MAX_VALUE).putInt(-1).array());
      byte[] said = new byte[OVERSIZED_BYTES];
      random.nextBytes(said);
      out.write(said);
    }
  }

  /** Connections that came about so far. */
  int made() {
    return made.get();
  }

  /** Waits until all have been tried. */
  void await() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Override
  public void close() throws IOException {
    threads.forEach(Thread::interrupt);
    synchronized (open) {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }
}
