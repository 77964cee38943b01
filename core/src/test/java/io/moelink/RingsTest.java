package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.WatchedTransport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows on their way over links that nobody can load through: few at a time, and nothing lost. */
@Timeout(120)
class RingsTest {
  private static final int TOKENS = 100;

  /** Rank 0 has all tokens, which all go to rank 1 and back. */
  private static final TopK[] ONE_WAY = {
    TopK.of(0, IntStream.range(0, TOKENS).map(t -> 2 + t % 2).toArray(), null, TOKENS, 1, 4),
    TopK.of(1, new int[0], null, 0, 1, 4)
  };

  private static ExpertGroupConfig.Builder config(int rows) {
    ExpertGroupConfig.Builder builder =
        SmallConfig.of("flat-2", 4, 1).algorithm(Algorithms.named("direct"));
    return builder.ringBytes((long) rows * builder.build().payloadBytes()[0]);
  }

  @Test
  void ringsHaveAPowerOfTwoOfTheLargestRows() {
    assertThat(config(1).build().ringRows()).isEqualTo(4);
    assertThat(config(8).build().ringRows()).isEqualTo(8);
    assertThat(config(31).build().ringRows()).isEqualTo(16);
    int rowBytes = config(1).build().payloadBytes()[0];
    assertThat(config(32).extraPayloadBytes(4 * rowBytes).build().ringRows()).isEqualTo(8);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8, 32})
  void aSenderIsNeverFurtherAheadThanARing(int rows) throws Exception {
    ExpertGroupConfig config = config(rows).build();
    int rowBytes = config.payloadBytes()[0];
    Layer layer = new Layer(config, ONE_WAY, Samples.SEED);
    AtomicIntegerArray read = new AtomicIntegerArray(2);
    AtomicIntegerArray sent = new AtomicIntegerArray(2);
    AtomicIntegerArray ahead = new AtomicIntegerArray(2);
    AtomicLongArray first = new AtomicLongArray(new long[] {Long.MAX_VALUE, Long.MAX_VALUE});
    AtomicLongArray end = new AtomicLongArray(2);
    TransportProvider provider =
        WatchedTransport.around(
            HiddenMemory.provider("all", config.topology()),
            (rank, method, arguments) -> {
              switch (method) {
                // rank 1 has no tokens, so its only sums are of what it sends
                case "scatterRows" -> read.addAndGet(rank, (int) arguments[1]);
                case "reduceRows" -> read.addAndGet(rank, rank == 0 ? (int) arguments[1] : 0);
                case "postPut" -> {
                  long offset = (long) arguments[3];
                  long bytes = (long) arguments[4];
                  int now = sent.addAndGet(rank, (int) (bytes / rowBytes));
                  ahead.accumulateAndGet(rank, now - read.get(1 - rank), Math::max);
                  first.accumulateAndGet(rank, offset, Math::min);
                  end.accumulateAndGet(rank, offset + bytes, Math::max);
                }
                default -> {}
              }
            });
    Ranks.run(
        config,
        provider,
        group -> {
          layer.checkRoundTrip(group);
          return null;
        });
    for (int rank = 0; rank < 2; rank++) {
      assertThat(sent.get(rank)).as("rows sent by rank %d", rank).isEqualTo(TOKENS);
      assertThat(ahead.get(rank)).as("rows not read yet, of rank %d", rank).isBetween(1, rows);
      assertThat(end.get(rank) - first.get(rank))
          .as("bytes of memory to which rank %d sends", rank)
          .isEqualTo((long) rows * rowBytes);
    }
  }

  /** Who has filled a ring waits for the rank that does not read it, and says which that is. */
  @Test
  void aRankThatStopsReadingIsNamed() throws Exception {
    ExpertGroupConfig config = config(4).timeout(Duration.ofMillis(700)).build();
    CountDownLatch named = new CountDownLatch(1);
    AtomicInteger pieces = new AtomicInteger();
    TransportProvider provider =
        WatchedTransport.around(
            HiddenMemory.provider("all", config.topology()),
            (rank, method, arguments) -> {
              // not at the first rows, so that all that rank 0 waits for else has come
              boolean reads = method.equals("scatterRows") && (int) arguments[1] > 0;
              if (reads && rank == 1 && pieces.incrementAndGet() > 1) {
                await(named);
              }
            });
    List<String> messages =
        Ranks.failures(
            config,
            provider,
            group -> {
              TopK own = ONE_WAY[group.rank()];
              try {
                return group.dispatch(Samples.input(group, own.tokens()), own);
              } finally {
                named.countDown();
              }
            });
    assertThat(messages.getFirst())
        .matches(
            "rank 0, dispatch, step \\d+ \\(push to staging\\[0 for rank 1\\]@1\\): waited 700 ms"
                + " for rank 1; 5 rows done, 95 rows missing");
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody named the rank that does not read");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
