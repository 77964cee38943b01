package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The group chooses the algorithm, for every routing by itself. */
class AutoTest {
  private static final long SEED = 20261125;

  private static ExpertGroupConfig auto(String preset) {
    return SmallConfig.of(preset, 24, 4).algorithm(Algorithms.AUTO).build();
  }

  /** The same routing by an algorithm that was named, for what must come out. */
  private static Layer expected(ExpertGroupConfig config, Choice choice, TopK[] routing) {
    ExpertGroupConfig named =
        SmallConfig.of(config.topology().name(), 24, 4)
            .algorithm(choice.algorithm())
            .staging(choice.staging())
            .build();
    return new Layer(named, routing, SEED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "flat-1",
        "flat-3",
        "pcie-8gpu",
        "ubbv2-2node",
        "ubbv2-2node+port10",
        "nvlink-2x8"
      })
  void everyRankChoosesTheSameAndGetsItsBits(String preset) throws Exception {
    ExpertGroupConfig config = auto(preset);
    int ranks = config.topology().rankCount();
    List<List<Choice>> chosen =
        Ranks.run(
            config,
            group -> {
              List<Choice> choices = new java.util.ArrayList<>();
              for (int tokens : new int[] {0, 3, 40}) {
                TopK[] routing = new RandomTopK(SEED + tokens, 24, 4).uneven(ranks, tokens);
                choices.add(run(group, routing));
              }
              return choices;
            });
    assertThat(new HashSet<>(chosen)).as("what all ranks chose").hasSize(1);
    for (Choice choice : chosen.getFirst()) {
      assertThat(choice.estimates()).hasSize(Algorithms.all().size());
      assertThat(choice.algorithm()).isEqualTo(choice.estimates().getFirst().algorithm());
      assertThat(choice.why())
          .matches(choice.algorithm() + ", simulated [0-9.]+ ms against [a-z]+ [0-9.]+ ms: .+");
    }
  }

  private static Choice run(ExpertGroup group, TopK[] routing) {
    try (Handle handle = group.plan(routing[group.rank()])) {
      Layer layer = expected(group.config(), handle.choice(), routing);
      TokenBuffer x = layer.input(group);
      Dispatched d = group.dispatch(handle, x);
      layer.checkDispatched(group.rank(), d);
      layer.fillExpertRows(group.rank(), d.rows());
      TokenBuffer out = layer.output(group);
      group.combine(handle, d.rows(), out);
      layer.checkCombined(group.rank(), out);
      CombineGradients gradients = group.combineBackward(handle, x, d.rows());
      group.dispatchBackward(handle, gradients.rows(), out);
      return handle.choice();
    }
  }

  /** Two dispatches in flight may travel by different algorithms. */
  @Test
  void eachDispatchInFlightHasItsOwn() throws Exception {
    ExpertGroupConfig config = auto("ubbv2-2node");
    TopK[] one = new RandomTopK(SEED, 24, 4).full().of(new int[16]);
    TopK[] other = new RandomTopK(SEED, 24, 4).uneven(16, 60);
    Ranks.run(
        config,
        group -> {
          Layer first = new Layer(SmallConfig.of("ubbv2-2node", 24, 4).build(), one, SEED);
          Layer second = new Layer(SmallConfig.of("ubbv2-2node", 24, 4).build(), other, SEED);
          PendingDispatch a = group.dispatchAsync(first.input(group), one[group.rank()]);
          PendingDispatch b = group.dispatchAsync(second.input(group), other[group.rank()]);
          first.checkDispatched(group.rank(), a.await());
          second.checkDispatched(group.rank(), b.await());
          return null;
        });
  }

  @Test
  void aNamedAlgorithmIsNotSimulated() throws Exception {
    ExpertGroupConfig config = SmallConfig.of("flat-3", 24, 4).algorithm("relay").build();
    TopK[] routing = new RandomTopK(SEED, 24, 4).uneven(3, 10);
    List<Choice> chosen = Ranks.run(config, group -> run(group, routing));
    assertThat(chosen)
        .containsOnly(
            new Choice("relay", StagingPolicy.UNION, 256, "relay, as the config says", List.of()));
  }

  @Test
  void theConfigSaysThatItDoesNotSay() {
    ExpertGroupConfig config = auto("flat-3");
    assertThat(config.algorithmName()).isEqualTo("auto");
    assertThat(config.algorithms()).isEqualTo(Algorithms.all());
    assertThat(config.toString()).contains("algorithm=auto");
    assertThatThrownBy(config::algorithm).hasMessage("algorithm auto: every handle has its own");
    assertThatThrownBy(() -> SmallConfig.of("flat-3", 24, 4).algorithm("ring"))
        .hasMessage(
            "algorithm: found ring, expected one of direct, hierarchical, allgather, relay, auto");
  }
}
