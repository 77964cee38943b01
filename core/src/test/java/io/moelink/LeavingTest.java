package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.transport.TransportException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks that leave while others need them: those end at once, and say who left, and why. */
class LeavingTest {
  private static final long SEED = 404;
  private static final int CULPRIT = 3;

  private interface Body {
    void run(ExpertGroup group, Layer layer) throws Exception;
  }

  private static Layer layer(String algorithm, Duration timeout) {
    ExpertGroupConfig config =
        SmallConfig.of("ubbv2-1node", 16, 3)
            .algorithm(Algorithms.named(algorithm))
            .timeout(timeout)
            .build();
    return new Layer(config, new RandomTopK(SEED, 16, 3).full().of(5, 5, 5, 5, 5, 5, 5, 5), SEED);
  }

  /** Runs the body of every rank in a group and returns how each ended; all threads end. */
  private static List<RankOutcomes.Outcome<Object>> outcomes(Layer layer, Body body)
      throws Exception {
    return RankOutcomes.of(8, bootstrap -> member(layer, bootstrap, body));
  }

  private static Object member(Layer layer, Bootstrap bootstrap, Body body) throws Exception {
    try (ExpertGroup group = RankOutcomes.open(layer.config(), bootstrap)) {
      body.run(group, layer);
    }
    return null;
  }

  private static void blamed(RankOutcomes.Outcome<Object> outcome, String pattern) {
    assertThat(outcome.failure())
        .isInstanceOfSatisfying(
            TransportException.class, e -> assertThat(e.rank()).isEqualTo(CULPRIT));
    assertThat(outcome.message()).matches(pattern);
  }

  @Test
  void aRankWhoseBodyThrowsEndsTheOthersAtOnce() throws Exception {
    long start = System.nanoTime();
    List<RankOutcomes.Outcome<Object>> outcomes =
        outcomes(
            layer("hierarchical", Duration.ofSeconds(60)),
            (group, layer) -> {
              if (group.rank() == CULPRIT) {
                throw new IllegalStateException("an expert broke");
              }
              group.dispatch(layer.input(group), layer.routing()[group.rank()]);
            });
    assertThat(outcomes.get(CULPRIT).failure())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("an expert broke");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
    for (int rank = 0; rank < 8; rank++) {
      if (rank != CULPRIT) {
        blamed(outcomes.get(rank), ".*rank \\d: rank 3 has closed its group instead");
      }
    }
  }

  @Test
  void aRankThatClosesInsteadOfCombiningEndsTheOthersAtOnce() throws Exception {
    long start = System.nanoTime();
    List<RankOutcomes.Outcome<Object>> outcomes =
        outcomes(
            layer("relay", Duration.ofSeconds(60)),
            (group, layer) -> {
              TokenBuffer x = layer.input(group);
              Dispatched d = group.dispatch(x, layer.routing()[group.rank()]);
              if (group.rank() != CULPRIT) {
                group.combine(d.handle(), d.rows(), x);
              }
            });
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
    for (int rank = 0; rank < 8; rank++) {
      if (rank != CULPRIT) {
        blamed(
            outcomes.get(rank),
            ".*rank \\d, combine, step \\d+ \\(.*\\): rank 3 has closed its group instead");
      }
    }
    assertThat(outcomes.get(CULPRIT).message()).endsWith("rank 3 has closed its group instead");
  }

  @Test
  void anOutputThatIsTooSmallEndsTheGroupForAll() throws Exception {
    List<RankOutcomes.Outcome<Object>> outcomes =
        outcomes(
            layer("direct", Duration.ofSeconds(30)),
            (group, layer) -> {
              int rows = layer.rowCount(group.rank()) - (group.rank() == CULPRIT ? 1 : 0);
              TokenBuffer out = group.allocateTokens(rows);
              group
                  .dispatchAsync(
                      List.of(layer.input(group)), layer.routing()[group.rank()], List.of(out))
                  .await();
            });
    int rows = layer("direct", Duration.ofSeconds(1)).rowCount(CULPRIT);
    String why =
        "dispatch of rank 3: output 0 has %d rows, expected at least %d".formatted(rows - 1, rows);
    assertThat(outcomes.get(CULPRIT).failure())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(why);
    for (int rank = 0; rank < 8; rank++) {
      if (rank != CULPRIT) {
        assertThat(outcomes.get(rank).message()).endsWith(why);
      }
    }
  }

  /** Wherever the others are: at the start, where they read its routing, or at rows. */
  @RepeatedTest(20)
  void closingWithADispatchInFlightTellsTheOthers() throws Exception {
    List<RankOutcomes.Outcome<Object>> outcomes =
        outcomes(
            layer("hierarchical", Duration.ofSeconds(60)),
            (group, layer) -> {
              PendingDispatch pending =
                  group.dispatchAsync(layer.input(group), layer.routing()[group.rank()]);
              if (group.rank() != CULPRIT) {
                pending.await();
              }
            });
    assertThat(outcomes.get(CULPRIT).failure()).isNull();
    for (int rank = 0; rank < 8; rank++) {
      if (rank != CULPRIT) {
        blamed(outcomes.get(rank), ".*rank 3 closed its group while 1 dispatch is in flight");
      }
    }
  }

  @Test
  void allMayCloseWithDispatchesInFlight() throws Exception {
    Layer layer = layer("relay", Duration.ofSeconds(60));
    List<RankOutcomes.Outcome<Object>> outcomes =
        RankOutcomes.of(
            8,
            bootstrap -> {
              ExpertGroup group = RankOutcomes.open(layer.config(), bootstrap);
              group.dispatchAsync(layer.input(group), layer.routing()[group.rank()]);
              // all are posted before any is closed
              bootstrap.barrier(layer.config().timeout());
              group.close();
              return null;
            });
    assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.failure()).isNull());
  }

  /** Also where steps of others run in memory that goes away, and not only where they wait. */
  @ParameterizedTest
  @CsvSource({
    "ubbv2-1node, hierarchical",
    "ubbv2-1node, direct",
    "ubbv2-1node, allgather",
    "ubbv2-1node, relay",
    "flat-3, direct",
    "flat-3, hierarchical"
  })
  void everyRankHearsWhyOneGaveUp(String topology, String algorithm) throws Exception {
    ExpertGroupConfig config =
        SmallConfig.of(topology, 24, 2)
            .output(OutputShape.slotted(5))
            .algorithm(Algorithms.named(algorithm))
            .build();
    int ranks = config.topology().rankCount();
    int owner = config.placement().rankOf(7);
    String why = "rank " + owner + ", expert 7: 6 rows, expected at most the capacity of 5";
    for (int round = 0; round < 10; round++) {
      List<RankOutcomes.Outcome<Object>> outcomes =
          RankOutcomes.of(
              ranks,
              bootstrap -> {
                try (ExpertGroup group = RankOutcomes.open(config, bootstrap)) {
                  // three tokens each of ranks 0 and 1 for expert 7
                  int tokens = group.rank() < 2 ? 3 : 1;
                  int[] ids = new int[2 * tokens];
                  for (int slot = 0; slot < ids.length; slot++) {
                    ids[slot] = group.rank() < 2 && slot % 2 == 0 ? 7 : TopK.NONE;
                  }
                  TopK own = TopK.of(group.rank(), ids, null, tokens, 2, 24);
                  group.dispatch(group.allocateTokens(tokens), own);
                  return null;
                }
              });
      for (RankOutcomes.Outcome<Object> outcome : outcomes) {
        assertThat(outcome.message()).endsWith(why);
      }
    }
  }
}
