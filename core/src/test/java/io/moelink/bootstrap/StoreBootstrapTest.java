package io.moelink.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks that are threads of this process but meet over TCP, as processes do. */
class StoreBootstrapTest extends BootstrapContract {
  @Override
  protected List<Bootstrap> open(int size) {
    return TestJob.of(size).openAll(LONG);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 16})
  void ranksMeetAndLeaveNoThread(int size) throws Exception {
    List<Bootstrap> ranks = open(size);
    onAll(
        ranks,
        mine -> {
          for (int round = 0; round < 20; round++) {
            byte[][] all = mine.allGather(new byte[] {(byte) mine.rank(), (byte) round}, LONG);
            for (int r = 0; r < size; r++) {
              assertThat(all[r]).containsExactly(r, round);
            }
          }
          mine.close();
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "localhost"})
  void anyAddressOfThisHostWillDo(String host) throws Exception {
    assumeTrue(
        NetworkInterface.getByInetAddress(InetAddress.getByName(host)) != null,
        "this machine has no " + host);
    List<Bootstrap> ranks = TestJob.of(host, 3).openAll(LONG);
    onAll(
        ranks,
        mine -> {
          mine.barrier(LONG);
          mine.close();
          return null;
        });
  }

  @Test
  void theMostBytesOfEveryRankArrive() throws Exception {
    List<Bootstrap> ranks = open(4);
    onAll(
        ranks,
        mine -> {
          byte[] given = new byte[Bootstrap.GATHER_BYTES_MAX];
          Arrays.fill(given, (byte) mine.rank());
          byte[][] all = mine.allGather(given, LONG);
          for (int r = 0; r < 4; r++) {
            Arrays.fill(given, (byte) r);
            assertThat(all[r]).isEqualTo(given);
          }
          return null;
        });
    ranks.forEach(Bootstrap::close);
  }

  @Test
  void messagesNameTheRanks() throws Exception {
    List<Bootstrap> late = open(4);
    assertThatThrownBy(() -> late.get(2).barrier(SHORT))
        .hasMessage("barrier: rank=2 waited 200 ms for ranks [0, 1, 3] of 4");
    // and so it stays
    assertThatThrownBy(() -> late.get(0).barrier(SHORT))
        .hasMessage("barrier: rank=2 waited 200 ms for ranks [0, 1, 3] of 4");
    assertThatThrownBy(() -> late.get(2).barrier(SHORT))
        .hasMessage("barrier: rank=2 waited 200 ms for ranks [0, 1, 3] of 4");
    late.forEach(Bootstrap::close);

    List<Bootstrap> mixed = open(2);
    List<Throwable> failures =
        onAll(
            mixed,
            mine ->
                catchThrowable(
                    () -> {
                      if (mine.rank() == 0) {
                        mine.barrier(LONG);
                      } else {
                        mine.allGather(new byte[0], LONG);
                      }
                    }));
    assertThat(failures.get(0)).hasMessage(failures.get(1).getMessage());
    assertThat(failures.get(0).getMessage())
        .isIn(
            "barrier: rank=0 calls it while rank=1 calls allGather",
            "allGather: rank=1 calls it while rank=0 calls barrier");
    mixed.forEach(Bootstrap::close);
  }

  @Test
  void aRankThatHearsTooLateThatItIsInComesAgain() throws Exception {
    for (int round = 0; round < 20; round++) {
      TestJob job = TestJob.of(2);
      JobEnvironment second = JobEnvironment.of(job.variables(1));
      try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
        Future<Bootstrap> first = thread.submit(() -> job.open(0, LONG));
        try (SocketChannel channel = connect(job)) {
          Handshake.join(channel, second);
        }
        try (Bootstrap mine = job.open(1, LONG);
            Bootstrap other = first.get()) {
          Future<?> barrier = thread.submit(() -> other.barrier(LONG));
          mine.barrier(LONG);
          barrier.get();
        }
      }
    }
  }

  private static SocketChannel connect(TestJob job) throws Exception {
    while (true) {
      try {
        return SocketChannel.open(job.address());
      } catch (ConnectException e) {
        // rank 0 does not listen yet; the test has a time limit
        Thread.sleep(5);
      }
    }
  }

  @Test
  void theStoreSaysGoodbye() {
    List<Bootstrap> ranks = open(3);
    ranks.get(0).close();
    assertThatThrownBy(() -> ranks.get(2).barrier(LONG))
        .isInstanceOf(BootstrapException.class)
        .hasMessage("barrier: rank=2 waits for rank=0, which has closed");
    ranks.forEach(Bootstrap::close);
  }

  @Test
  void theStoreThatClosesEndsTheWaitOfOthers() throws Exception {
    List<Bootstrap> ranks = open(3);
    List<Throwable> failures =
        onAll(
            ranks,
            mine -> {
              if (mine.rank() == 0) {
                Thread.sleep(100);
                mine.close();
                return null;
              }
              return catchThrowable(() -> mine.barrier(LONG));
            });
    for (int r = 1; r < 3; r++) {
      assertThat(failures.get(r))
          .hasMessage("barrier: rank=%d waits for rank=0, which has closed".formatted(r));
    }
    ranks.forEach(Bootstrap::close);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aClosedSeatCannotBeUsed(int rank) {
    List<Bootstrap> ranks = open(2);
    ranks.get(rank).close();
    ranks.get(rank).close();
    assertThatThrownBy(() -> ranks.get(rank).barrier(SHORT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("barrier: bootstrap of rank=%d is closed".formatted(rank));
    ranks.forEach(Bootstrap::close);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void anInterruptEndsTheWait(int rank) throws Exception {
    List<Bootstrap> ranks = open(2);
    Throwable[] failure = new Throwable[1];
    boolean[] interrupted = new boolean[1];
    Thread waiting =
        new Thread(
            () -> {
              failure[0] = catchThrowable(() -> ranks.get(rank).barrier(LONG));
              interrupted[0] = Thread.currentThread().isInterrupted();
            });
    waiting.start();
    waiting.interrupt();
    waiting.join(10_000);
    assertThat(failure[0]).hasMessage("barrier: rank=%d was interrupted".formatted(rank));
    assertThat(interrupted[0]).isTrue();
    ranks.forEach(Bootstrap::close);
  }

  @Test
  void oneThreadAtATime() throws Exception {
    List<Bootstrap> ranks = open(2);
    Thread first = Thread.ofPlatform().start(() -> ranks.get(1).barrier(LONG));
    while (first.getState() != Thread.State.RUNNABLE) {
      Thread.onSpinWait();
    }
    Thread.sleep(200);
    assertThatThrownBy(() -> ranks.get(1).allGather(new byte[0], SHORT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("allGather: another thread of rank=1 is in barrier");
    ranks.get(0).barrier(LONG);
    first.join();
    ranks.forEach(Bootstrap::close);
  }

  @Test
  void aRankThatNeverComesIsNamedByAll() throws Exception {
    TestJob job = TestJob.of(3);
    long start = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Throwable> other = threads.submit(opening(job, 1, Duration.ofSeconds(5)));
      Throwable mine = opening(job, 0, Duration.ofSeconds(1)).call();
      assertThat(mine)
          .isInstanceOf(BootstrapException.class)
          .hasMessage("join: rank=0 waited 1000 ms for ranks [2] of 3");
      assertThat(((BootstrapException) mine).rank()).isEqualTo(2);
      assertThat(other.get()).hasMessage("join: rank=0 waited 1000 ms for ranks [2] of 3");
    }
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(4));
  }

  @Test
  void aStoreThatNeverComesIsNamed() {
    TestJob job = TestJob.of(3);
    assertThatThrownBy(() -> job.open(1, Duration.ofMillis(300)))
        .isInstanceOf(BootstrapException.class)
        .hasMessage(
            "join: rank=1 found no store of rank=0 at 127.0.0.1:%d within 300 ms: Connection"
                    .formatted(job.port())
                + " refused");
  }

  @Test
  void aHostThatNobodyKnowsIsNamed() {
    TestJob job = new TestJob("no-such-host.invalid", 29500, 2);
    assertThatThrownBy(() -> job.open(1, SHORT))
        .hasMessage(
            "join: rank=1 found no store of rank=0 at no-such-host.invalid:29500 within 200 ms: no"
                + " such host");
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      TestJob job = new TestJob("127.0.0.1", taken.getLocalPort(), 2);
      assertThatThrownBy(() -> job.open(0, SHORT))
          .isInstanceOf(BootstrapException.class)
          .hasMessage(
              "join: rank=0 cannot listen at 127.0.0.1:%d: Address already in use"
                  .formatted(job.port()));
    }
  }

  @Test
  void anotherSecretIsRefused() throws Exception {
    TestJob job = TestJob.of(3);
    Map<String, String> wrong = job.variables(2);
    wrong.put("MOELINK_SECRET", "another secret of these tests");
    assertRefused(
        job,
        wrong,
        "join: rank=2 has another MOELINK_SECRET than rank=0",
        "; refused 1 with another MOELINK_SECRET");
  }

  @Test
  void anotherSizeIsRefused() throws Exception {
    TestJob job = TestJob.of(3);
    Map<String, String> wrong = job.variables(2);
    wrong.put("WORLD_SIZE", "8");
    assertRefused(
        job,
        wrong,
        "join: rank=2 has WORLD_SIZE 8, rank=0 has 3",
        "; refused rank=2 with WORLD_SIZE 8");
  }

  @Test
  void aRankIsAdmittedOnce() throws Exception {
    TestJob job = TestJob.of(3);
    assertRefused(
        job,
        job.variables(1),
        "join: rank=1 is in the job already, expected every RANK once",
        "; refused rank=1 a second time");
  }

  /** Ranks 0 and 1 of 3 are right; a third process comes with wrong variables. */
  private static void assertRefused(
      TestJob job, Map<String, String> wrong, String message, String note) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Throwable> store = threads.submit(opening(job, 0, Duration.ofSeconds(3)));
      Future<Throwable> first = threads.submit(opening(job, 1, Duration.ofSeconds(10)));
      Thread.sleep(1000);
      assertThatThrownBy(() -> Bootstraps.fromEnvironment(wrong, LONG))
          .isInstanceOf(BootstrapException.class)
          .hasMessage(message);
      assertThat(store.get()).hasMessage("join: rank=0 waited 3000 ms for ranks [2] of 3" + note);
      assertThat(first.get()).hasMessage("join: rank=0 waited 3000 ms for ranks [2] of 3");
    }
  }

  private static Callable<Throwable> opening(TestJob job, int rank, Duration timeout) {
    return () -> catchThrowable(() -> job.open(rank, timeout).close());
  }
}
