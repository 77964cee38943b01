package io.moelink.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every bootstrap must do whose ranks can be threads of the test. */
@Timeout(60)
public abstract class BootstrapContract {
  protected static final Duration LONG = Duration.ofSeconds(30);
  protected static final Duration SHORT = Duration.ofMillis(200);

  /** The bootstraps of a new job, by rank. */
  protected abstract List<Bootstrap> open(int size);

  /** What each rank does in a thread of its own. */
  protected interface RankCall<T> {
    T call(Bootstrap mine) throws Exception;
  }

  /** Runs a call on every rank at once and returns the results by rank. */
  protected static <T> List<T> onAll(List<Bootstrap> ranks, RankCall<T> call) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(ranks.size())) {
      List<Future<T>> futures =
          ranks.stream().map(mine -> threads.submit((Callable<T>) () -> call.call(mine))).toList();
      List<T> results = new java.util.ArrayList<>();
      for (Future<T> future : futures) {
        try {
          results.add(future.get(40, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
          threads.shutdownNow();
          throw e;
        }
      }
      return results;
    }
  }

  private static byte[] text(int rank, int round) {
    return ("x".repeat(rank) + round).getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void gathersByRankRoundAfterRound() throws Exception {
    List<Bootstrap> ranks = open(5);
    onAll(
        ranks,
        mine -> {
          assertThat(mine.size()).isEqualTo(5);
          for (int round = 0; round < 50; round++) {
            byte[][] all = mine.allGather(text(mine.rank(), round), LONG);
            for (int r = 0; r < 5; r++) {
              assertThat(all[r]).isEqualTo(text(r, round));
              // each rank has arrays of its own
              all[r] = null;
            }
            mine.barrier(LONG);
          }
          return null;
        });
    assertThat(ranks.stream().map(Bootstrap::rank).toList())
        .isEqualTo(IntStream.range(0, 5).boxed().toList());
    ranks.forEach(Bootstrap::close);
  }

  @Test
  void oneRankIsAJob() {
    try (Bootstrap alone = open(1).get(0)) {
      alone.barrier(SHORT);
      assertThat(alone.allGather(new byte[0], SHORT)).hasDimensions(1, 0);
    }
  }

  @Test
  void aRankThatDoesNotComeIsNamed() throws Exception {
    List<Bootstrap> ranks = open(3);
    List<Throwable> failures =
        onAll(ranks, mine -> mine.rank() == 1 ? null : catchThrowable(() -> mine.barrier(SHORT)));
    for (int r : new int[] {0, 2}) {
      assertThat(failures.get(r)).isInstanceOf(BootstrapException.class);
      assertThat(((BootstrapException) failures.get(r)).rank()).isEqualTo(1);
      assertThat(failures.get(r).getMessage()).contains("barrier").doesNotContain("\n");
    }
    assertThatThrownBy(() -> ranks.get(1).barrier(SHORT)).isInstanceOf(BootstrapException.class);
    ranks.forEach(Bootstrap::close);
  }

  @Test
  void aRankThatClosesIsNamedBeforeTheTimeout() throws Exception {
    List<Bootstrap> ranks = open(2);
    ranks.get(1).close();
    long start = System.nanoTime();
    assertThatThrownBy(() -> ranks.get(0).allGather(new byte[1], LONG))
        .isInstanceOf(BootstrapException.class)
        .hasMessageContaining("rank=1");
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
    ranks.get(0).close();
  }

  @Test
  void tooManyBytesAreRefused() {
    try (Bootstrap alone = open(1).get(0)) {
      assertThatThrownBy(() -> alone.allGather(new byte[Bootstrap.GATHER_BYTES_MAX + 1], SHORT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("allGather: rank=0 gives 1048577 bytes, expected at most 1048576");
    }
  }

  @Test
  void thoseThatAreLeftGoOnAgainAndAgain() throws Exception {
    List<Bootstrap> ranks = open(5);
    List<Throwable> failures =
        onAll(
            ranks,
            mine -> {
              if (mine.rank() == 3) {
                mine.close();
                return null;
              }
              assertThatThrownBy(() -> mine.barrier(LONG))
                  .isInstanceOfSatisfying(
                      BootstrapException.class, e -> assertThat(e.rank()).isEqualTo(3));
              Bootstrap.Survivors four = mine.survivors(LONG);
              assertThat(four.formerRanks()).containsExactly(0, 1, 2, 4);
              Bootstrap now = four.bootstrap();
              assertThat(four.formerRanks()[now.rank()]).isEqualTo(mine.rank());
              assertThat(now.size()).isEqualTo(4);
              byte[][] all = now.allGather(text(mine.rank(), 1), LONG);
              assertThat(all[3]).isEqualTo(text(4, 1));
              if (now.rank() == 1) {
                now.close();
                return null;
              }
              Bootstrap.Survivors three = now.survivors(LONG);
              assertThat(three.formerRanks()).containsExactly(0, 2, 3);
              three.bootstrap().barrier(LONG);
              return null;
            });
    assertThat(failures).containsOnlyNulls();
    for (int rank = 4; rank >= 0; rank--) {
      ranks.get(rank).close();
    }
  }

  @Test
  void whoComesAfterTheWindowIsLeftOut() throws Exception {
    List<Bootstrap> ranks = open(3);
    onAll(
        ranks,
        mine -> {
          if (mine.rank() != 1) {
            assertThat(mine.survivors(SHORT).formerRanks()).containsExactly(0, 2);
          }
          return null;
        });
    assertThatThrownBy(() -> ranks.get(1).survivors(SHORT))
        .isInstanceOf(BootstrapException.class)
        .hasMessage("survivors: rank=1 comes too late: ranks [0, 2] have gone on without it");
    for (int rank = 2; rank >= 0; rank--) {
      ranks.get(rank).close();
    }
  }
}
