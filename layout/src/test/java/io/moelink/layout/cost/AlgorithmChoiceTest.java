package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class AlgorithmChoiceTest {
  private final AlgorithmChoice choices = new AlgorithmChoice();

  private AlgorithmChoice.Choice choose(String preset, int tokens, StagingPolicy staging) {
    Topology topology = Topologies.named(preset);
    ExpertPlacement placement = ExpertPlacement.contiguous(256, topology.rankCount());
    int[] perRank = new int[topology.rankCount()];
    Arrays.fill(perRank, tokens);
    RowCounts counts = RowCounts.uniform(topology, placement, 8, perRank);
    PlanRequest request = PlanRequest.of(topology).withStaging(staging);
    return choices.choose(request, counts, placement, 8, 14336);
  }

  @Test
  void hierarchicalOnTheReferenceFabric() {
    AlgorithmChoice.Choice choice = choose("ubbv2-2node", 4096, StagingPolicy.UNION);
    assertThat(choice.best().algorithm()).isEqualTo("hierarchical");
    assertThat(choice.best().staging()).isEqualTo(StagingPolicy.UNION);
    assertThat(choice.best()).isEqualTo(choice.estimates().getFirst());
    assertThat(choice.estimates())
        .extracting(AlgorithmChoice.Estimate::algorithm)
        .containsExactlyInAnyOrder("direct", "hierarchical", "allgather", "relay");
    assertThat(choice.estimates()).extracting(AlgorithmChoice.Estimate::seconds).isSorted();
    assertThat(choice.why())
        .matches(
            "hierarchical, simulated [0-9.]+ ms against [a-z]+ [0-9.]+ ms: (RDMA|P2P)"
                + " [0-9]+->[0-9]+ is busiest, [0-9]+ % of (dispatch|combine)");
  }

  @Test
  void aPolicyThatWasAskedForIsKept() {
    assertThat(choose("ubbv2-2node", 512, StagingPolicy.FULL).estimates())
        .extracting(AlgorithmChoice.Estimate::staging)
        .containsOnly(StagingPolicy.FULL);
  }

  @Test
  void aKnownShapeIsNotSimulatedAgain() {
    AlgorithmChoice.Choice first = choose("ubbv2-2node", 4100, StagingPolicy.UNION);
    assertThat(choose("ubbv2-2node", 5000, StagingPolicy.UNION)).isSameAs(first);
    assertThat(choices.cached()).isEqualTo(1);
    assertThat(choose("ubbv2-2node", 100, StagingPolicy.UNION)).isNotSameAs(first);
    assertThat(choices.cached()).isEqualTo(2);
  }

  /** Ranks of one process ask for the same: one simulates, all get its answer. */
  @Test
  void anotherGroupGetsTheSameAnswer() {
    AlgorithmChoice.Choice one = choose("pcie-8gpu", 1000, StagingPolicy.UNION);
    assertThat(new AlgorithmChoiceTest().choose("pcie-8gpu", 1000, StagingPolicy.UNION))
        .isSameAs(one);
  }

  /** Ranks without tokens, ranks without rows, and nothing at all. */
  @Test
  void skewIsPartOfTheShape() {
    Topology topology = Topologies.named("pcie-8gpu");
    ExpertPlacement even = ExpertPlacement.contiguous(8, 8);
    for (int busiest : new int[] {0, 1, 2, 8}) {
      RowCounts counts = skewed(busiest);
      choices.choose(PlanRequest.of(topology), counts, even, 2, 1024);
    }
    assertThat(choices.cached()).isEqualTo(4);
  }

  /** Every token goes to the first ranks only. */
  private static RowCounts skewed(int ranks) {
    return new RowCounts() {
      @Override
      public double needed(int source, Scope scope) {
        return ranks == 0 ? 0 : 100;
      }

      @Override
      public double slots(int source, int rank) {
        return rank < ranks ? 100 : 0;
      }

      @Override
      public double expertRows(int rank) {
        return rank < ranks ? 800 : 0;
      }

      @Override
      public boolean rowPerSlot() {
        return true;
      }
    };
  }

  @Test
  void refusesAForeignPlacement() {
    Topology topology = Topologies.named("flat-2");
    ExpertPlacement placement = ExpertPlacement.contiguous(4, 2);
    RowCounts counts = RowCounts.uniform(topology, placement, 2, new int[2]);
    PlanRequest request = PlanRequest.of(Topologies.named("flat-3"));
    assertThatThrownBy(() -> choices.choose(request, counts, placement, 2, 8))
        .hasMessage("placement of 2 ranks, expected 3 (topology flat-3)");
  }
}
