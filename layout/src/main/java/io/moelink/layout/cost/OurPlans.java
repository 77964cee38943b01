package io.moelink.layout.cost;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.Step;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.Arrays;
import java.util.Map;

/** Our plans for the cases of page 5: DeepSeek-V3's rows, uniform routing, the presets' links. */
final class OurPlans {
  /** Of the preset's PCIe links. */
  static final double PCIE_GIGABYTES_PER_SECOND = 64;

  private static final int EXPERTS = 256;
  private static final int TOP_K = 8;
  private static final RowShape SHAPE = RowShape.of(2 * 7168);

  private OurPlans() {}

  private static RowCounts counts(Topology topology, int experts, int topK, int tokens) {
    int[] each = new int[topology.rankCount()];
    Arrays.fill(each, tokens);
    ExpertPlacement placement = ExpertPlacement.contiguous(experts, each.length);
    return RowCounts.uniform(topology, placement, topK, each);
  }

  /** Milliseconds of a dispatch. */
  static double dispatch(String algorithm, String preset, int tokens, boolean columnMajor) {
    Topology topology = Topologies.named(preset);
    PlanRequest request = PlanRequest.of(topology).withColumnMajor(columnMajor);
    return milliseconds(Algorithms.named(algorithm).dispatch(request), topology, tokens);
  }

  /** Milliseconds of a combine. */
  static double combine(String algorithm, String preset, int tokens) {
    Topology topology = Topologies.named(preset);
    PlanRequest request = PlanRequest.of(topology);
    return milliseconds(Algorithms.named(algorithm).combine(request), topology, tokens);
  }

  private static double milliseconds(Plan plan, Topology topology, int tokens) {
    return 1e3
        * new FabricSimulator(topology, SHAPE)
            .run(plan, counts(topology, EXPERTS, TOP_K, tokens))
            .seconds();
  }

  /**
   * GB/s of an all-to-all on pcie-8gpu in which each token goes to one rank: bytes of a rank, its
   * own share included, over the time until the last row has arrived.
   */
  static double pcieGigabytesPerSecond(String algorithm) {
    Topology topology = Topologies.named("pcie-8gpu");
    int tokens = 8192;
    Plan plan = Algorithms.named(algorithm).dispatch(PlanRequest.of(topology));
    RowCounts counts = counts(topology, topology.rankCount(), 1, tokens);
    SimulationResult simulation = new FabricSimulator(topology, SHAPE).run(plan, counts);
    return tokens * SHAPE.rowBytes() / 1e9 / lastArrival(simulation);
  }

  /** Milliseconds until the rows of allgather have crossed between two nodes. */
  static double exchangeMilliseconds(int tokens) {
    Topology topology = Topologies.named("ubbv2-2node");
    Plan plan = Algorithms.named("allgather").dispatch(PlanRequest.of(topology));
    SimulationResult simulation =
        new FabricSimulator(topology, SHAPE).run(plan, counts(topology, EXPERTS, TOP_K, tokens));
    // rank 8 is the mate between nodes of rank 0, which pushes its rows there first
    return 1e3 * simulation.timeline().end(0, first(plan, 0, Step.Push.class));
  }

  /** Milliseconds of hierarchical after its rows have crossed between two nodes. */
  static double behindExchangeMilliseconds(int tokens) {
    return dispatch("hierarchical", "ubbv2-2node", tokens, false) - exchangeMilliseconds(tokens);
  }

  /** Milliseconds of the reorder of so many rows on a card. */
  static double reorderMilliseconds(int rows) {
    Topology topology = Topologies.named("ubbv2-2node");
    Plan plan = Algorithms.named("direct").dispatch(PlanRequest.of(topology).withColumnMajor(true));
    SimulationResult simulation =
        new FabricSimulator(topology, SHAPE).run(plan, counts(topology, EXPERTS, TOP_K, rows));
    return 1e3 * simulation.timeline().end(0, first(plan, 0, Step.Reorder.class));
  }

  /**
   * GB/s of a rank in the dispatch of DeepEP's two-server case (4096 tokens, hidden 7168, BF16).
   *
   * @param nvlink GB/s of NVLink
   * @param ownServer whether rows for the sender's own server count, which never cross
   */
  static double deepEpGigabytesPerSecond(double nvlink, boolean ownServer) {
    Topology preset = Topologies.named("nvlink-2x8");
    Link link = new Link(LinkKind.NVLINK, nvlink, 1);
    Topology topology = preset.withLinks(Map.of(LinkKind.NVLINK, link));
    RowCounts counts = counts(topology, EXPERTS, TOP_K, 4096);
    double rows = counts.needed(0, Scope.domain(1));
    if (ownServer) {
      rows += counts.needed(0, Scope.domain(0));
    }
    Plan plan = Algorithms.named("hierarchical").dispatch(PlanRequest.of(topology));
    return rows
        * SHAPE.rowBytes()
        / 1e9
        / new FabricSimulator(topology, SHAPE).run(plan, counts).seconds();
  }

  private static double lastArrival(SimulationResult simulation) {
    double last = 0;
    Plan plan = simulation.timeline().plan();
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      for (int i = 0; i < plan.steps(rank).size(); i++) {
        Step step = plan.steps(rank).get(i);
        boolean local = step instanceof Step.Permute permute && permute.from().rank() == rank;
        if (!local) {
          last = Math.max(last, simulation.timeline().end(rank, i));
        }
      }
    }
    return last;
  }

  private static int first(Plan plan, int rank, Class<? extends Step> kind) {
    for (int i = 0; i < plan.steps(rank).size(); i++) {
      if (kind.isInstance(plan.steps(rank).get(i))) {
        return i;
      }
    }
    throw new IllegalStateException(plan.name() + ": rank " + rank + " has no " + kind);
  }
}
