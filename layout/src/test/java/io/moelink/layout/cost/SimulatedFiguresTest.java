package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.Arrays;
import java.util.Map;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published figures whose case a plan covers: simulated, not recomputed. */
class SimulatedFiguresTest {
  private static final double GIBI = 1 << 30;

  /** Rows by source and rank, moved but not placed. */
  private record Moved(IntBinaryOperator rows) implements RowCounts {
    @Override
    public double needed(int source, Scope scope) {
      return scope.kind() == Scope.Kind.RANK ? rows.applyAsInt(source, scope.index()) : 0;
    }

    @Override
    public double slots(int source, int rank) {
      return 0;
    }

    @Override
    public double expertRows(int rank) {
      return 0;
    }

    @Override
    public boolean rowPerSlot() {
      return true;
    }
  }

  /** Row 2: every rank has a share for each, its mate's link carries four of them: S / (S/2/64). */
  @Test
  void allToAllOverPcie() {
    Topology topology = Topologies.named("pcie-8gpu");
    SimulationResult result =
        new FabricSimulator(topology, RowShape.of(14336))
            .run(
                Algorithms.named("relay").dispatch(PlanRequest.of(topology)),
                new Moved((source, rank) -> 4096));
    double bytes = 8 * 4096 * 14336.0;
    assertThat(bytes / result.seconds() / 1e9).isCloseTo(128, within(.05 * 128));
  }

  /** Row 4: 56 MiB is one batch of 4096 tokens. */
  @ParameterizedTest
  @CsvSource({"4096, 4.9", "8192, 9.8", "16384, 19.6"})
  void betweenNodes(int tokens, double published) {
    Topology topology =
        Topologies.named("nvlink-2x8")
            .withLinks(Map.of(LinkKind.RDMA, new Link(LinkKind.RDMA, 11 * GIBI / 1e9, 5)));
    SimulationResult result =
        new FabricSimulator(topology, RowShape.of(14336))
            .run(
                Algorithms.named("direct").dispatch(PlanRequest.of(topology)),
                new Moved((source, rank) -> source == 0 && rank == 8 ? tokens : 0));
    assertThat(result.seconds() * 1e3).isCloseTo(published, within(.05 * published));
  }

  /** Row 14: with a rank for every die, two nodes are bound by RDMA. */
  @Test
  void ranksOfDiesAreBoundByRdma() {
    Topology topology = Topologies.named("ubbv2-2node-die");
    int[] tokens = new int[32];
    Arrays.fill(tokens, 2048);
    SimulationResult result =
        new FabricSimulator(topology, RowShape.of(14336))
            .run(
                Algorithms.named("hierarchical").dispatch(PlanRequest.of(topology)),
                RowCounts.uniform(topology, ExpertPlacement.contiguous(256, 32), 8, tokens));
    assertThat(result.busiest().kind()).isEqualTo(LinkKind.RDMA);
  }
}
