package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.transport.TransportException;
import io.moelink.transport.TransportProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Groups that go on without the ranks that they lost, and what a rank knows of the others. */
class ShrinkTest {
  private static final long SEED = 45;
  private static final Duration WINDOW = Duration.ofSeconds(30);

  static List<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String algorithm : Algorithms.names()) {
      for (LostExperts experts : LostExperts.values()) {
        cases.add(Arguments.of("ubbv2-2node", algorithm, experts, "some"));
      }
      cases.add(Arguments.of("flat-8", algorithm, LostExperts.MASKED, "nothing"));
      cases.add(Arguments.of("pcie-8gpu", algorithm, LostExperts.MASKED, "all"));
    }
    return cases;
  }

  private static Layer layer(ExpertGroupConfig config, TopK[] routing) {
    return new Layer(config, routing, SEED);
  }

  /** Uneven numbers of tokens; the routing of every rank, over all experts. */
  private static TopK[] routing(ExpertGroupConfig config) {
    int experts = config.placement().experts();
    return new RandomTopK(SEED, experts, config.topK())
        .uneven(config.topology().rankCount(), 9)
        .clone();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsAreThoseOfAGroupOfTheSurvivors(
      String preset, String algorithm, LostExperts experts, String hidden) throws Exception {
    ExpertGroupConfig config =
        SmallConfig.of(preset, 32, 4)
            .algorithm(Algorithms.named(algorithm))
            .tokensPerRankMax(64)
            .chunkRows(2)
            .build();
    int ranks = config.topology().rankCount();
    Set<Integer> dying = ranks == 16 ? Set.of(3, 8) : Set.of(5);
    List<RankOutcomes.Outcome<Object>> outcomes =
        RankOutcomes.of(
            ranks,
            bootstrap ->
                member(
                    config,
                    bootstrap,
                    experts,
                    dying,
                    HiddenMemory.provider(hidden, config.topology())));
    Map<Integer, Throwable> failures = new TreeMap<>();
    for (int rank = 0; rank < ranks; rank++) {
      if (!dying.contains(rank) && outcomes.get(rank).failure() != null) {
        failures.put(rank, outcomes.get(rank).failure());
      }
    }
    // one rank that fails makes others miss it
    assertThat(failures).isEmpty();
  }

  private static Object member(
      ExpertGroupConfig config,
      Bootstrap bootstrap,
      LostExperts experts,
      Set<Integer> dying,
      TransportProvider provider) {
    Layer before = layer(config, routing(config));
    try (ExpertGroup group = ExpertGroup.open(config, bootstrap, provider)) {
      before.checkRoundTrip(group).handle().close();
      // a rank that is still at the end of this run would fail by those that are in the next one
      bootstrap.barrier(Duration.ofSeconds(60));
      if (dying.contains(bootstrap.rank())) {
        return null;
      }
      assertThatThrownBy(() -> before.checkRoundTrip(group))
          .isInstanceOfSatisfying(
              TransportException.class, e -> assertThat(dying).contains(e.rank()));
      assertThat(group.health())
          .anyMatch(
              health ->
                  dying.contains(health.rank()) && health.state() == RankHealth.State.AT_FAULT);
      try (ExpertGroup left = group.shrink(WINDOW, experts)) {
        checkLeft(left, before, dying, experts);
      }
      return null;
    }
  }

  private static void checkLeft(
      ExpertGroup left, Layer before, Set<Integer> dying, LostExperts experts) {
    Remaining remaining = left.remaining();
    int ranks = before.routing().length - dying.size();
    assertThat(Arrays.stream(remaining.formerRanks()).boxed())
        .hasSize(ranks)
        .doesNotContainAnyElementsOf(dying);
    TopK[] routing = new TopK[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      TopK old = before.routing()[remaining.formerRanks()[rank]];
      routing[rank] = remaining.choices(rank, old);
      for (int slot = 0; slot < old.slots(); slot++) {
        int expert = old.ids()[slot];
        boolean lost =
            experts == LostExperts.MASKED
                && expert != TopK.NONE
                && dying.contains(before.config().placement().rankOf(expert));
        int now = routing[rank].ids()[slot];
        assertThat(now == TopK.NONE ? TopK.NONE : remaining.formerExperts()[now])
            .isEqualTo(lost ? TopK.NONE : expert);
        if (now != TopK.NONE && experts == LostExperts.MASKED) {
          // an expert that is left stays where it is
          assertThat(remaining.formerRanks()[left.config().placement().rankOf(now)])
              .isEqualTo(before.config().placement().rankOf(expert));
        }
      }
    }
    Layer now = layer(left.config(), routing);
    for (int round = 0; round < 3; round++) {
      now.checkRoundTrip(left).handle().close();
    }
  }

  @Test
  void aRankThatComesTooLateIsToldSo() throws Exception {
    ExpertGroupConfig config = SmallConfig.of("flat-3", 6, 2).build();
    CountDownLatch gone = new CountDownLatch(2);
    List<RankOutcomes.Outcome<Object>> outcomes =
        RankOutcomes.of(
            3,
            bootstrap -> {
              try (ExpertGroup group = RankOutcomes.open(config, bootstrap)) {
                if (bootstrap.rank() == 1) {
                  gone.await();
                  group.shrink(WINDOW, LostExperts.REPLACED);
                  return null;
                }
                try (ExpertGroup left =
                    group.shrink(Duration.ofMillis(300), LostExperts.REPLACED)) {
                  assertThat(left.remaining().formerRanks()).containsExactly(0, 2);
                  assertThat(left.config().placement().experts()).isEqualTo(6);
                } finally {
                  gone.countDown();
                }
                return null;
              }
            });
    assertThat(outcomes.get(0).failure()).isNull();
    assertThat(outcomes.get(2).failure()).isNull();
    assertThat(outcomes.get(1).message())
        .isEqualTo(
            "rank 1, shrink: survivors: rank=1 comes too late:"
                + " ranks [0, 2] have gone on without it");
  }

  @Test
  @Timeout(60)
  void healthSaysWhoIsWaitedForAndWhoHasLeft() throws Exception {
    ExpertGroupConfig config = SmallConfig.of("flat-3", 6, 2).build();
    TopK[] routing = routing(config);
    CountDownLatch seen = new CountDownLatch(1);
    Ranks.run(
        config,
        group -> {
          if (group.rank() == 2) {
            seen.await();
          }
          Thread watcher = group.rank() == 0 ? watch(group, seen) : null;
          layer(config, routing).checkRoundTrip(group).handle().close();
          if (watcher != null) {
            watcher.join(Duration.ofSeconds(30));
            assertThat(watcher.isAlive()).isFalse();
          }
          List<RankHealth> health = group.health();
          assertThat(health).extracting(RankHealth::waitedFor).containsOnly(Duration.ZERO);
          assertThat(health.get(group.rank()).sinceHeard()).isZero();
          assertThat(health.get(0).state()).isEqualTo(RankHealth.State.IN_THE_GROUP);
          while (group.rank() == 0 && group.health().get(1).state() != RankHealth.State.LEFT) {
            // the others wait for rank 0 in their close
            Thread.sleep(1);
          }
          return null;
        });
  }

  /** Lets rank 2 come when it is seen that rank 0 has been waiting for it. */
  private static Thread watch(ExpertGroup group, CountDownLatch seen) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              RankHealth late;
              do {
                Thread.onSpinWait();
                late = group.health().get(2);
              } while (late.waitedFor().toMillis() < 50);
              assertThat(late.sinceHeard()).isGreaterThanOrEqualTo(late.waitedFor());
              seen.countDown();
            });
  }

  @Test
  void tooFewExpertsAreRefused() {
    ExpertGroupConfig config = SmallConfig.of("flat-4", 4, 3).build();
    Shrinking left = new Shrinking(config, new int[] {0, 2}, LostExperts.MASKED);
    assertThat(left.remaining().formerExperts()).containsExactly(0, 2);
    assertThatThrownBy(left::config).hasMessage("top-k: found 3, expected 1 to 2");
    assertThat(Arrays.asList(LostExperts.values())).hasSize(2);
  }
}
