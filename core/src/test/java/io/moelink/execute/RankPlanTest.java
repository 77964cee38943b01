package io.moelink.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.Reach;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In which order a rank's tasks are run where several are ready. */
class RankPlanTest {
  private static RankPlan plan(String topology, String algorithm, int rank) {
    Topology fabric = Topologies.named(topology);
    Reach all = (reader, owner) -> true;
    var made = Algorithms.named(algorithm).dispatch(PlanRequest.of(fabric).withReach(all));
    Wiring wiring = new Wiring(made, all);
    return new RankPlan(fabric, wiring, rank, 0, wiring.slotCount());
  }

  private static int[] sources(RankPlan plan, boolean sharedCaches) {
    return Arrays.stream(plan.order(sharedCaches))
        .map(i -> plan.tasks().get(i).step().reads().getFirst().rank())
        .toArray();
  }

  @Test
  void eachRankBeginsWithItselfWhereLinksAreItsOwn() {
    assertThat(sources(plan("flat-4", "direct", 2), false)).containsExactly(2, 3, 0, 1);
  }

  @Test
  void allRanksReadOneSourceAfterTheOtherWhereCachesAreShared() {
    for (int rank = 0; rank < 4; rank++) {
      assertThat(sources(plan("flat-4", "direct", rank), true)).containsExactly(0, 1, 2, 3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "hierarchical", "allgather", "relay"})
  void noTaskIsLeftOut(String algorithm) {
    for (int rank = 0; rank < 16; rank++) {
      RankPlan plan = plan("ubbv2-2node", algorithm, rank);
      int[] sorted = plan.order(true);
      Arrays.sort(sorted);
      assertThat(sorted).isEqualTo(plan.order(false));
    }
  }
}
