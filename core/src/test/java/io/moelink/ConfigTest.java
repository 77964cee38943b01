package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.ExpertGroupConfig.Builder;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.TopologyJson;
import io.moelink.transport.TransportException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a config refuses, and what ranks with different configs are told. */
class ConfigTest {
  private static Builder valid() {
    return SmallConfig.of("flat-3", 8, 2).timeout(Duration.ofSeconds(20));
  }

  private static Arguments refused(String text, UnaryOperator<Builder> change) {
    return Arguments.of(text, change);
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        refused("topology: found none, expected a topology", b -> b.topology(null)),
        refused("hidden size: found 0, expected 1 or more elements", b -> b.hidden(0)),
        refused(
            "bytes of a row: found 16777218, expected at most 16777216", b -> b.hidden(8388609)),
        refused("experts: found 0, expected 1 or more", b -> b.experts(0)),
        refused("experts: found -1, expected 1 or more", b -> b.experts(-1)),
        refused(
            "ranks of the placement: found 2, expected 3 (topology flat-3)",
            b -> b.placement(ExpertPlacement.contiguous(8, 2))),
        refused("top-k: found 0, expected 1 to 8", b -> b.topK(0)),
        refused("top-k: found 9, expected 1 to 8", b -> b.topK(9)),
        refused("top-k: found 33, expected 1 to 32", b -> b.experts(64).topK(33)),
        refused(
            "most tokens of a rank: found -1, expected 0 to 536870912",
            b -> b.tokensPerRankMax(-1)),
        refused(
            "most tokens of a rank: found 536870913, expected 0 to 536870912",
            b -> b.tokensPerRankMax(536870913)),
        refused("timeout: found 0 ms, expected more than 0 ms", b -> b.timeout(Duration.ZERO)),
        refused("compute units: found 0, expected 1 or more", b -> b.computeUnits(0)),
        refused("rows of a chunk: found 0, expected 1 or more", b -> b.chunkRows(0)),
        refused(
            "payloads: found 9, expected at most 8",
            b -> b.extraPayloadBytes(1, 1, 1, 1, 1, 1, 1, 1)),
        refused(
            "bytes of payload 2: found 0, expected 1 to 16777216", b -> b.extraPayloadBytes(4, 0)),
        refused(
            "payloads of column-major rows: found 2, expected 1",
            b -> b.extraPayloadBytes(4).rowOrder(RowOrder.COLUMN_MAJOR)));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void refuses(String text, UnaryOperator<Builder> change) {
    assertThatThrownBy(() -> change.apply(valid()).build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(text);
  }

  @Test
  void blocksOfExpertsInAnotherOrderAreTold() throws Exception {
    ExpertPlacement turned = ExpertPlacement.ofBlocks(new int[] {5, 2, 0}, new int[] {3, 3, 2});
    List<RankOutcomes.Outcome<Object>> outcomes =
        RankOutcomes.of(
            3,
            bootstrap -> {
              Builder own = bootstrap.rank() == 2 ? valid().placement(turned) : valid();
              try (ExpertGroup group = RankOutcomes.open(own.build(), bootstrap)) {
                return group.rank();
              }
            });
    for (RankOutcomes.Outcome<Object> outcome : outcomes) {
      assertThat(outcome.failure()).isInstanceOf(InvalidInputException.class);
      assertThat(outcome.message())
          .isEqualTo(
              "config of rank 2: found placement 5+3,2+3,0+2, expected as rank 0 placement"
                  + " 0+3,3+3,6+2");
    }
  }

  @Test
  void topologiesOfOneNameAndOtherLinksAreTold() throws Exception {
    String pcie = TopologyJson.write(Topologies.named("pcie-8gpu"));
    ExpertGroupConfig first = SmallConfig.of("ubbv2-1node", 8, 2).build();
    ExpertGroupConfig second =
        SmallConfig.of("ubbv2-1node", 8, 2)
            .topology(TopologyJson.parse(pcie.replace("pcie-8gpu", "ubbv2-1node"), "test"))
            .build();
    List<RankOutcomes.Outcome<ExpertGroup>> outcomes =
        RankOutcomes.of(
            8, bootstrap -> RankOutcomes.open(bootstrap.rank() == 1 ? second : first, bootstrap));
    for (RankOutcomes.Outcome<ExpertGroup> outcome : outcomes) {
      assertThat(outcome.message())
          .matches(
              "config of rank 1: found checksum of the topology [0-9a-f]+, expected as rank 0"
                  + " checksum of the topology [0-9a-f]+");
    }
  }

  @Test
  void aRankThatDoesNotComeToOpenIsNamed() throws Exception {
    ExpertGroupConfig config = valid().timeout(Duration.ofMillis(300)).build();
    List<RankOutcomes.Outcome<ExpertGroup>> outcomes =
        RankOutcomes.of(
            3,
            bootstrap -> {
              if (bootstrap.rank() == 2) {
                Thread.sleep(900);
                return null;
              }
              return RankOutcomes.open(config, bootstrap);
            });
    for (RankOutcomes.Outcome<ExpertGroup> outcome : outcomes.subList(0, 2)) {
      assertThat(outcome.failure())
          .isInstanceOfSatisfying(TransportException.class, e -> assertThat(e.rank()).isEqualTo(2));
      assertThat(outcome.message())
          .matches("rank [01], open: .*")
          .contains("waited 300 ms for ranks [2] of 3");
    }
  }
}
