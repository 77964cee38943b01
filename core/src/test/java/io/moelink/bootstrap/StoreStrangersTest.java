package io.moelink.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever else connects to the store's port. */
@Timeout(120)
class StoreStrangersTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final long SEED = 20_250_601;

  /** Sends bytes and goes, or stays if asked to. */
  private static Socket knock(TestJob job, byte[] bytes) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(20_000);
    socket.connect(job.address());
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
    return socket;
  }

  /** Whether the other end hangs up; with bytes of ours unread, that is a reset. */
  private static boolean ended(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() == -1;
    } catch (SocketException e) {
      return true;
    }
  }

  private static byte[] random(SplittableRandom random) {
    byte[] bytes = new byte[random.nextInt(1, 300)];
    random.nextBytes(bytes);
    if (bytes.length > 8 && random.nextInt(4) == 0) {
      ByteBuffer.wrap(bytes).putInt(Handshake.MAGIC).putInt(random.nextInt(3));
    }
    return bytes;
  }

  private static byte[] http(TestJob job) {
    return "GET / HTTP/1.1\r\nHost: %s\r\n\r\n"
        .formatted(job.host())
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Thousand connections: random bytes, requests of the web, silence, half a greeting. */
  private static int annoy(TestJob job) {
    SplittableRandom random = new SplittableRandom(SEED);
    List<Socket> open = new ArrayList<>();
    int connections = 0;
    try {
      while (connections < 1000) {
        byte[] bytes =
            switch (connections % 4) {
              case 0 -> random(random);
              case 1 -> http(job);
              case 2 -> new byte[0];
              default -> hello(1, 4, random.nextInt(1, Handshake.HELLO_BYTES));
            };
        try {
          Socket socket = knock(job, bytes);
          connections++;
          if (connections % 3 == 0) {
            socket.close();
          } else {
            open.add(socket);
          }
        } catch (IOException e) {
          // not there yet, or it hung up first
          Thread.sleep(5);
        }
      }
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("seed=" + SEED, e);
    }
    return connections;
  }

  private static byte[] hello(int rank, int size, int bytes) {
    ByteBuffer hello = ByteBuffer.allocate(Handshake.HELLO_BYTES);
    hello.putInt(Handshake.MAGIC).putInt(Handshake.VERSION).putInt(rank).putInt(size);
    return Arrays.copyOf(hello.array(), bytes);
  }

  @Test
  void aJobComesUpAndRunsThroughThousandStrangers() throws Exception {
    TestJob job = TestJob.of(4);
    try (ExecutorService threads = Executors.newFixedThreadPool(5)) {
      Future<Integer> strangers = threads.submit(() -> annoy(job));
      List<Bootstrap> ranks = job.openAll(LONG);
      List<Future<Integer>> running = new ArrayList<>();
      for (Bootstrap mine : ranks) {
        running.add(
            threads.submit(
                () -> {
                  int rounds = 0;
                  for (byte done = 0; done == 0; rounds++) {
                    done = (byte) (strangers.isDone() ? 1 : 0);
                    byte[][] all = mine.allGather(new byte[] {done}, LONG);
                    // rank 0 says when to stop, so that all do the same
                    done = all[0][0];
                  }
                  mine.barrier(LONG);
                  mine.close();
                  return rounds;
                }));
      }
      for (Future<Integer> one : running) {
        assertThat(one.get()).isPositive();
      }
      assertThat(strangers.get()).isEqualTo(1000);
    }
  }

  @Test
  void twentyWithAnotherSecretAreRefusedAndNamedAndTheJobComesUp() throws Exception {
    TestJob job = TestJob.of(3);
    Map<String, String> wrong = job.variables(2);
    wrong.put("MOELINK_SECRET", "another secret of these tests");
    PrintStream standardError = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Bootstrap> store = threads.submit(() -> job.open(0, LONG));
      Future<Bootstrap> first = threads.submit(() -> job.open(1, LONG));
      for (int i = 0; i < 20; i++) {
        assertThatThrownBy(() -> Bootstraps.fromEnvironment(wrong, LONG))
            .isInstanceOf(BootstrapException.class)
            .hasMessage("join: rank=2 has another MOELINK_SECRET than rank=0");
      }
      job.open(2, LONG).close();
      first.get().close();
      store.get().close();
    } finally {
      System.setErr(standardError);
    }
    assertThat(said.toString(StandardCharsets.UTF_8).lines())
        .singleElement()
        .asString()
        .matches(
            "moelink: the store at 127.0.0.1:%d refused /127.0.0.1:[0-9]+, which has another"
                    .formatted(job.port())
                + " MOELINK_SECRET; more of these are not reported");
  }

  @Test
  void strangersAreBoundedAndDoNotStay() throws Exception {
    JobEnvironment job = JobEnvironment.of(TestJob.of(2).variables(0));
    List<Socket> open = new ArrayList<>();
    try (TcpStore store = TcpStore.open(job)) {
      TestJob place = new TestJob(job.host(), job.port(), job.size());
      for (int i = 0; i < TcpStore.STRANGERS_MAX + 100; i++) {
        open.add(knock(place, hello(1, 2, 20)));
      }
      // the oldest had to go
      assertThat(ended(open.get(0))).isTrue();
      assertThat(store.strangers()).isLessThanOrEqualTo(TcpStore.STRANGERS_MAX);
      // the others too, after a while, though they still send a byte now and then
      long deadline = System.nanoTime() + 2 * TcpStore.HANDSHAKE_TIMEOUT.toNanos();
      while (store.strangers() > 0 && System.nanoTime() < deadline) {
        Thread.sleep(500);
        Socket last = open.getLast();
        try {
          last.getOutputStream().write(0);
        } catch (IOException e) {
          break;
        }
      }
      Thread.sleep(200);
      assertThat(store.strangers()).isZero();
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  @Test
  void aRecordedHandshakeIsWorthNothing() throws Exception {
    TestJob job = TestJob.of(2);
    JobEnvironment mine = JobEnvironment.of(job.variables(1));
    try (TcpStore store = TcpStore.open(JobEnvironment.of(job.variables(0)))) {
      byte[] hello = hello(1, 2, Handshake.HELLO_BYTES);
      byte[] proof;
      // a right one, as one would see it on the way, that ended before the verdict
      try (Socket socket = knock(job, hello)) {
        byte[] challenge =
            new DataInputStream(socket.getInputStream()).readNBytes(Handshake.CHALLENGE_BYTES);
        proof = mine.secret().prove("rank", hello, challenge);
      }
      try (Socket socket = knock(job, hello)) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        in.readNBytes(Handshake.CHALLENGE_BYTES);
        socket.getOutputStream().write(proof);
        assertThat(in.readByte()).isEqualTo((byte) Handshake.Verdict.OTHER_SECRET.ordinal());
        in.readNBytes(Integer.BYTES + JobSecret.PROOF_BYTES);
        assertThat(in.read()).isEqualTo(-1);
      }
      assertThat(store.refusals()).contains("1 with another MOELINK_SECRET");
      // the seat is still free
      try (Socket socket = knock(job, hello)) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] challenge = in.readNBytes(Handshake.CHALLENGE_BYTES);
        socket.getOutputStream().write(mine.secret().prove("rank", hello, challenge));
        assertThat(in.readByte()).isEqualTo((byte) Handshake.Verdict.ADMITTED.ordinal());
      }
    }
  }

  @Test
  void anOversizeOrForgedMessageEndsTheConnection() throws Exception {
    for (int length : new int[] {Wire.PAYLOAD_BYTES_MAX + 1, Integer.MAX_VALUE, -1, 9}) {
      TestJob job = TestJob.of(2);
      JobEnvironment mine = JobEnvironment.of(job.variables(1));
      try (TcpStore store = TcpStore.open(JobEnvironment.of(job.variables(0)));
          Socket socket = knock(job, hello(1, 2, Handshake.HELLO_BYTES))) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] challenge = in.readNBytes(Handshake.CHALLENGE_BYTES);
        OutputStream out = socket.getOutputStream();
        out.write(mine.secret().prove("rank", hello(1, 2, Handshake.HELLO_BYTES), challenge));
        in.readNBytes(1 + Integer.BYTES + JobSecret.PROOF_BYTES);
        out.write(ByteBuffer.allocate(100).put(Message.ENTER).putInt(length).array());
        assertThat(ended(socket)).isTrue();
        assertThatThrownBy(() -> store.meeting().meet("barrier", 0, Message.NOTHING, LONG))
            .hasMessage("barrier: rank=0 waits for rank=1, which has died or lost its connection");
      }
    }
  }

  @Test
  void anImpostorOfTheStoreIsNotBelieved() throws Exception {
    TestJob job = TestJob.of(2);
    Thread impostor;
    try (ServerSocket listener = new ServerSocket()) {
      listener.bind(job.address());
      impostor =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (true) {
                        try (Socket rank = listener.accept()) {
                          rank.getInputStream().readNBytes(Handshake.HELLO_BYTES);
                          byte[] answer =
                              new byte
                                  [Handshake.CHALLENGE_BYTES
                                      + 1
                                      + Integer.BYTES
                                      + JobSecret.PROOF_BYTES];
                          ByteBuffer.wrap(answer).putInt(Handshake.MAGIC).putInt(Handshake.VERSION);
                          rank.getOutputStream().write(answer);
                          rank.getInputStream().readNBytes(JobSecret.PROOF_BYTES);
                        }
                      }
                    } catch (IOException closed) {
                      return;
                    }
                  });
      assertThatThrownBy(() -> job.open(1, Duration.ofMillis(500)))
          .hasMessage(
              "join: rank=1 found no store of rank=0 at 127.0.0.1:%d within 500 ms: what answers"
                      .formatted(job.port())
                  + " there does not know the secret");
    }
    assertThat(impostor.join(Duration.ofSeconds(10))).isTrue();
  }

  @Test
  void aStoreThatFallsSilentIsNamedInTime() throws Exception {
    TestJob job = TestJob.of(2);
    try (ServerSocketChannel listener = ServerSocketChannel.open().bind(job.address());
        ExecutorService threads = Executors.newFixedThreadPool(1)) {
      long start = System.nanoTime();
      Future<Throwable> opening =
          threads.submit(() -> catchThrowable(() -> job.open(1, Duration.ofMillis(500))));
      try (SocketChannel rank = listener.accept()) {
        Handshake.receive(rank, JobEnvironment.of(job.variables(0)).secret())
            .answer(Handshake.Verdict.ADMITTED, 2);
        assertThat(opening.get())
            .isInstanceOf(BootstrapException.class)
            .message()
            .matches("join: rank=1 waited \\d+ ms for rank=0 to answer");
      }
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(5));
    }
  }

  @Test
  void closingEndsThePortAndWhoeverIsAtIt() throws Exception {
    TestJob job = TestJob.of(3);
    List<Bootstrap> ranks = job.openAll(LONG);
    try (Socket silent = knock(job, new byte[2])) {
      long start = System.nanoTime();
      ranks.get(1).close();
      ranks.get(0).close();
      ranks.get(2).close();
      // close waits for the threads of the store
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(2));
      assertThat(ended(silent)).isTrue();
    }
    assertThatThrownBy(() -> new Socket(job.host(), job.port()).close())
        .hasMessageContaining("refused");
  }
}
