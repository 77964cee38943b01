package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
            "hierarchical \\(UNION staging, chunks of (128|256|1024) rows\\): [0-9.]+ ms for"
                + " dispatch and combine, simulated; next is [a-z]+ with [0-9.]+ ms");
  }

  @Test
  void aPolicyThatWasAskedForIsKept() {
    assertThat(choose("ubbv2-2node", 512, StagingPolicy.FULL).estimates())
        .extracting(AlgorithmChoice.Estimate::staging)
        .containsOnly(StagingPolicy.FULL);
  }

  @Test
  void aKnownShapeTakesNoTime() {
    AlgorithmChoice.Choice first = choose("ubbv2-2node", 4100, StagingPolicy.UNION);
    assertThat(choose("ubbv2-2node", 5000, StagingPolicy.UNION)).isSameAs(first);
    assertThat(choices.cached()).isEqualTo(1);
    assertThat(choose("ubbv2-2node", 100, StagingPolicy.UNION)).isNotSameAs(first);
    assertThat(choices.cached()).isEqualTo(2);

    Topology topology = Topologies.named("ubbv2-2node");
    ExpertPlacement placement = ExpertPlacement.contiguous(256, 16);
    int[] perRank = new int[16];
    Arrays.fill(perRank, 4096);
    RowCounts counts = RowCounts.uniform(topology, placement, 8, perRank);
    PlanRequest request = PlanRequest.of(topology);
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 200; i++) {
      long start = System.nanoTime();
      choices.choose(request, counts, placement, 8, 14336);
      best = Math.min(best, System.nanoTime() - start);
    }
    assertThat(best).as("nanoseconds of a known shape").isLessThan(1_000_000);
  }

  @Test
  void anotherGroupChoosesTheSame() {
    AlgorithmChoice.Choice one = choose("pcie-8gpu", 1000, StagingPolicy.UNION);
    assertThat(new AlgorithmChoiceTest().choose("pcie-8gpu", 1000, StagingPolicy.UNION))
        .isEqualTo(one);
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
