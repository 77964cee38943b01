package io.moelink.layout.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** For whom a rank of the hierarchical combine reduces first. */
class ReduceOrderTest {
  /**
   * Rank 0 sums its VNode's rows for four sources: 13, which is two hops away, then those one hop
   * away by their link, slowest first, and its own last.
   */
  @ParameterizedTest
  @CsvSource({
    "ubbv2-1node, '5 0'", // BLINK
    "ubbv2-2node, '13 8 5 0'", // relayed, RDMA, BLINK
    "ubbv2-2node+port10, '8 12 5 0'", // RDMA, PORT10, BLINK
    "ubbv2-3node, '13 21 8 16 5 0'"
  })
  void farAndSlowFirst(String preset, String expected) {
    Topology topology = Topologies.named(preset);
    Plan plan = Algorithms.named("hierarchical").combine(PlanRequest.of(topology));
    List<String> sources = new ArrayList<>();
    for (Step step : plan.steps(0)) {
      if (step instanceof Step.Reduce reduce
          && reduce.to().scope().equals(Scope.vnode(topology.vnodeOf(0)))) {
        sources.add(Integer.toString(reduce.to().source()));
      }
    }
    assertThat(String.join(" ", sources)).isEqualTo(expected);
  }
}
