package io.moelink;

import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Dispatch and combine over every preset and algorithm, against the definitions, bit for bit. */
class DispatchCombineTest {
  private static final long SEED = 20261124;

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String preset :
        List.of(
            "flat-1",
            "flat-3",
            "flat-8",
            "pcie-8gpu",
            "ubbv2-1node",
            "ubbv2-1node-die",
            "ocs-1node-die",
            "nvlink-2x8",
            "ubbv2-2node",
            "ubbv2-2node+port10",
            "ubbv2-2node-die",
            "ubbv2-3node")) {
      for (Algorithm algorithm : Algorithms.all()) {
        for (StagingPolicy staging : StagingPolicy.values()) {
          if (staging == StagingPolicy.UNION || algorithm.name().equals("hierarchical")) {
            cases.add(Arguments.of(preset, algorithm.name(), staging));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsAndSumsAreThoseOfTheDefinition(String preset, String algorithm, StagingPolicy staging)
      throws Exception {
    ExpertGroupConfig config =
        SmallConfig.of(preset, 24, 4)
            .algorithm(Algorithms.named(algorithm))
            .staging(staging)
            .build();
    int ranks = config.topology().rankCount();
    Ranks.run(
        config,
        group -> {
          for (int round = 0; round < 2; round++) {
            // another routing in each round, so that what is kept from one cannot serve the next
            long seed = SEED + round;
            new Layer(config, new RandomTopK(seed, 24, 4).uneven(ranks, 20), seed).run(group);
          }
          return null;
        });
  }
}
