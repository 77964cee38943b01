package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.moelink.layout.routing.TopK;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a group costs its process once it is warm: next to no heap, and no thread. */
class SteadyStateTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Bytes of heap that a dispatch and a combine of one rank may take together. */
  private static final long BYTES_MAX = 1024;

  private static final int TOKENS = 48;
  private static final int ROUTINGS = 4;
  private static final int BLOCKS = 50;
  private static final int ROUNDS = 200;

  @ParameterizedTest
  @CsvSource({"flat-2, direct", "flat-4, direct", "ubbv2-1node, hierarchical"})
  void knownRoutingTakesNextToNoHeap(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config = config(preset, algorithm);
    List<Long> bytes =
        Ranks.run(
            config,
            group -> {
              TokenBuffer x = Samples.input(group, TOKENS);
              TokenBuffer out = group.allocateTokens(TOKENS);
              Dispatched d = group.dispatch(x, routings(config)[0][group.rank()]);
              List<TokenBuffer> inputs = List.of(x);
              List<TokenBuffer> rows = List.of(d.rows());
              return leastBytes(
                  round -> {
                    group.dispatch(d.handle(), inputs, rows);
                    group.combine(d.handle(), d.rows(), out);
                  });
            });
    assertThat(bytes).allMatch(found -> found < BYTES_MAX, "below " + BYTES_MAX + " bytes");
  }

  /** Another routing at every call, into the caller's buffers. */
  @ParameterizedTest
  @CsvSource({"flat-2, direct", "flat-4, direct"})
  void newRoutingTakesNextToNoHeap(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config = config(preset, algorithm);
    List<Long> bytes =
        Ranks.run(
            config,
            group -> {
              TokenBuffer x = Samples.input(group, TOKENS);
              TokenBuffer out = group.allocateTokens(TOKENS);
              int ranks = config.topology().rankCount();
              List<TokenBuffer> inputs = List.of(x);
              List<TokenBuffer> rows =
                  List.of(group.allocateTokens(ranks * TOKENS * config.topK()));
              TopK[][] routings = routings(config);
              return leastBytes(
                  round -> {
                    TopK topK = routings[round % ROUTINGS][group.rank()];
                    Dispatched d = group.dispatchAsync(inputs, topK, rows).await();
                    group.combine(d.handle(), d.rows(), out);
                    d.handle().close();
                  });
            });
    assertThat(bytes).allMatch(found -> found < BYTES_MAX, "below " + BYTES_MAX + " bytes");
  }

  @Test
  void noCallStartsAThread() throws Exception {
    ExpertGroupConfig config = config("flat-4", "direct");
    int rounds = 200;
    List<Long> started =
        Ranks.run(
            config,
            group -> {
              TokenBuffer x = Samples.input(group, TOKENS);
              TokenBuffer out = group.allocateTokens(TOKENS);
              TopK topK = routings(config)[0][group.rank()];
              Dispatched d = group.dispatch(x, topK);
              long before = THREADS.getTotalStartedThreadCount();
              for (int round = 0; round < rounds; round++) {
                group.dispatch(d.handle(), x);
                group.combine(d.handle(), d.rows(), out);
              }
              return THREADS.getTotalStartedThreadCount() - before;
            });
    // the process may start some of its own meanwhile
    assertThat(started).allMatch(threads -> threads < 10, "fewer than 10 in all rounds");
  }

  /**
   * Bytes of heap that the calling thread takes for a round: the least mean of a block of rounds,
   * since code that is not compiled yet, or anew, makes objects that compiled code does not.
   */
  private static long leastBytes(IntConsumer round) {
    long least = Long.MAX_VALUE;
    for (int block = 0; block < BLOCKS; block++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < ROUNDS; i++) {
        round.accept(i);
      }
      least = Math.min(least, (THREADS.getCurrentThreadAllocatedBytes() - before) / ROUNDS);
    }
    return least;
  }

  private static ExpertGroupConfig config(String preset, String algorithm) {
    return Samples.config(preset, algorithm).tokensPerRankMax(TOKENS).build();
  }

  /** By number, then rank. */
  private static TopK[][] routings(ExpertGroupConfig config) {
    TopK[][] routings = new TopK[ROUTINGS][];
    int[] tokens = new int[config.topology().rankCount()];
    java.util.Arrays.fill(tokens, TOKENS);
    for (int i = 0; i < ROUTINGS; i++) {
      routings[i] =
          new RandomTopK(Samples.SEED + i, config.placement().experts(), config.topK()).of(tokens);
    }
    return routings;
  }
}
