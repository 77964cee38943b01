package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.PlanTraffic;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cases that a person can work out, and what must hold for every plan. */
class FabricSimulatorTest {
  private static final double MICROSECOND = 1e-6;
  private static final int ROW_BYTES = 14336;

  /** Rows from one rank to another, by "source>rank"; with {@code copies} of each row written. */
  private record Rows(Map<String, Integer> bySourceAndRank, int copies) implements RowCounts {
    @Override
    public double needed(int source, Scope scope) {
      return switch (scope.kind()) {
        case RANK -> bySourceAndRank.getOrDefault(source + ">" + scope.index(), 0);
        case ALL -> sum(source + ">");
        case VNODE, DOMAIN -> 0;
      };
    }

    /** No row goes to two ranks. */
    private int sum(String source) {
      return bySourceAndRank.entrySet().stream()
          .filter(entry -> entry.getKey().startsWith(source))
          .mapToInt(Map.Entry::getValue)
          .sum();
    }

    @Override
    public double slots(int source, int rank) {
      return needed(source, Scope.rank(rank)) * copies;
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

  private static SimulationResult direct(String preset, RowShape shape, Rows rows) {
    Topology topology = Topologies.named(preset);
    Plan plan = Algorithms.named("direct").dispatch(PlanRequest.of(topology));
    return new FabricSimulator(topology, shape).run(plan, rows);
  }

  private static RowCounts uniform(Topology topology, int tokens) {
    int[] perRank = new int[topology.rankCount()];
    Arrays.fill(perRank, tokens);
    return RowCounts.uniform(
        topology, ExpertPlacement.contiguous(256, topology.rankCount()), 8, perRank);
  }

  private static GatheredRouting routed(Topology topology, int tokens) {
    ExpertPlacement placement = ExpertPlacement.contiguous(256, topology.rankCount());
    int[] perRank = new int[topology.rankCount()];
    Arrays.fill(perRank, tokens);
    TopK[] choices = new RoutingGenerator(RoutingSpec.UNIFORM, 7, 256, 8, 8).topK(perRank);
    return new GatheredRouting(
        topology,
        placement,
        8,
        Arrays.stream(choices).map(c -> RoutingIndex.of(c, placement, topology)).toList());
  }

  private static SimulationResult dispatch(String preset, String algorithm) {
    Topology topology = Topologies.named(preset);
    Plan plan = Algorithms.named(algorithm).dispatch(PlanRequest.of(topology));
    return new FabricSimulator(topology, RowShape.of(ROW_BYTES)).run(plan, uniform(topology, 4096));
  }

  /**
   * 10 MB and 30 MB leave one port of 10 GB/s: both have 5 GB/s until the first ends after 2 ms,
   * the other has 10 GB/s for the 20 MB that are left. Latency of 0.2 us before. Both are of one
   * scatter.
   */
  @Test
  void twoFlowsShareOneLink() {
    Rows rows = new Rows(Map.of("0>1", 1000, "0>2", 3000), 0);
    SimulationResult result = direct("flat-3", RowShape.of(10_000), rows);

    assertThat(result.seconds()).isCloseTo(4e-3 + .2e-6, within(1e-9));
    assertThat(result.bytes()).isEqualTo(40e6);
    // the rank that places rows does the copying, half of it: it writes nothing here
    assertThat(result.bytesByLink())
        .containsOnly(Map.entry(LinkKind.LOCAL, 20e6), Map.entry(LinkKind.SHARED, 40e6));
    assertThat(result.busiest().name()).isEqualTo("SHARED out of card 0");
    assertThat(result.busiest().busyShare()).isCloseTo(1, within(1e-3));
    assertThat(result.criticalPath())
        .isEqualTo(
            "SHARED out of card 0 is busy 100 % of the time; everything else hides behind it;"
                + " the last to end: scatter 0->1 (4.000 ms, held by SHARED out of card 0)");
    assertThat(result.timeline().plan().steps(0)).hasSize(1);
    assertThat(result.timeline().end(0, 0)).isEqualTo(result.seconds());
    assertThat(result.timeline().end(1, 0)).isZero();
  }

  /** Each direction is by itself: there and back at once take as long as there alone. */
  @Test
  void directionsDoNotShare() {
    RowShape shape = RowShape.of(10_000);
    double there = direct("flat-2", shape, new Rows(Map.of("0>1", 1000), 0)).seconds();
    double both = direct("flat-2", shape, new Rows(Map.of("0>1", 1000, "1>0", 1000), 0)).seconds();
    assertThat(there).isCloseTo(1e-3 + .2e-6, within(1e-9)).isEqualTo(both);
  }

  /** One small row takes the latency of its link, 2 us of BLink, and little else. */
  @Test
  void latency() {
    SimulationResult result = direct("ubbv2-1node", RowShape.of(50), new Rows(Map.of("5>0", 1), 0));
    assertThat(result.seconds()).isCloseTo(2.001 * MICROSECOND, within(1e-12));
  }

  /**
   * 10 MB over RDMA of 50 GB/s: 200 us and 5 us of latency. In chunks of 1 MB only the packing of
   * the first does not overlap it, 1 MB at 1500 GB/s; in one piece that of all 10 MB. Placing them
   * begins when all are there, as in the executor.
   */
  @Test
  void chunksOverlapPackAndTransfer() {
    Rows rows = new Rows(Map.of("0>8", 1000), 1);
    SimulationResult chunks = direct("nvlink-2x8", new RowShape(10_000, 100), rows);
    assertThat(chunks.seconds()).isCloseTo((205 + 11 / 1.5) * MICROSECOND, within(1e-10));
    SimulationResult whole = direct("nvlink-2x8", new RowShape(10_000, 1000), rows);
    assertThat(whole.seconds()).isCloseTo((205 + 20 / 1.5) * MICROSECOND, within(1e-10));
    assertThat(whole.secondsByKind().get(StepKind.PERMUTE))
        .isCloseTo(10 / 1.5 * MICROSECOND, within(1e-10));
  }

  @Test
  void noRowsTakeNoTime() {
    SimulationResult result = direct("nvlink-2x8", RowShape.of(8), new Rows(Map.of(), 1));
    assertThat(result.seconds()).isZero();
    assertThat(result.criticalPath()).isEqualTo("nothing moves");
    assertThat(result.busiest()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ubbv2-2node", "ubbv2-2node-die+port10", "ocs-1node-die", "pcie-8gpu", "flat-5"})
  void bytesAreThoseOfThePlan(String preset) {
    Topology topology = Topologies.named(preset);
    GatheredRouting routing = routed(topology, 64);
    FabricSimulator simulator = new FabricSimulator(topology, RowShape.of(256));
    for (Algorithm algorithm : Algorithms.all()) {
      for (boolean back : new boolean[] {false, true}) {
        PlanRequest request = PlanRequest.of(topology).withColumnMajor(back);
        Plan plan = back ? algorithm.combine(request) : algorithm.dispatch(request);
        SimulationResult result = simulator.run(plan, RowCounts.of(routing, OutputShape.CANONICAL));
        PlanTraffic traffic = PlanTraffic.of(plan, routing, OutputShape.CANONICAL);
        for (LinkKind kind : topology.linkKinds()) {
          double expected = traffic.rowsByLink().getOrDefault(kind, 0L) * 256.0;
          assertThat(result.bytesByLink().getOrDefault(kind, 0.0))
              .as("%s over %s", plan.name(), kind)
              .isCloseTo(expected, within(1e-3));
        }
        for (LinkUse use : result.links()) {
          assertThat(use.busyShare()).as(use.name()).isBetween(0.0, 1 + 1e-9);
        }
      }
    }
  }

  /** Nothing starts before what it reads is complete. */
  @Test
  void stepsWaitForWhatTheyRead() {
    SimulationResult result = dispatch("ubbv2-2node", "hierarchical");
    Timeline times = result.timeline();
    Plan plan = times.plan();
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      for (int i = 0; i < plan.steps(rank).size(); i++) {
        assertThat(times.start(rank, i)).isGreaterThanOrEqualTo(times.ready(rank, i));
        assertThat(times.end(rank, i)).isBetween(times.start(rank, i), result.seconds());
        for (Plan.StepId before : plan.waitsFor(plan.steps(rank).get(i))) {
          double end = times.end(before.rank(), before.index());
          assertThat(times.start(rank, i)).isGreaterThanOrEqualTo(end);
          assertThat(times.end(rank, i)).isGreaterThanOrEqualTo(end);
        }
      }
    }
  }

  @Test
  void equalInputGivesEqualTimes() {
    SimulationResult one = dispatch("ubbv2-2node", "direct");
    SimulationResult other = dispatch("ubbv2-2node", "direct");
    assertThat(one.seconds()).isEqualTo(other.seconds());
    assertThat(one.criticalPath()).isEqualTo(other.criticalPath());
    assertThat(one.links()).isEqualTo(other.links());
  }

  /** Random routing has a rank that gets more than others, and costs a little more for it. */
  @ParameterizedTest
  @ValueSource(strings = {"direct", "hierarchical", "allgather", "relay"})
  void expectedCountsComeCloseToRealOnes(String algorithm) {
    Topology topology = Topologies.named("ubbv2-2node");
    FabricSimulator simulator = new FabricSimulator(topology, RowShape.of(ROW_BYTES));
    Plan plan = Algorithms.named(algorithm).dispatch(PlanRequest.of(topology));
    double real =
        simulator.run(plan, RowCounts.of(routed(topology, 4096), OutputShape.CANONICAL)).seconds();
    assertThat(simulator.run(plan, uniform(topology, 4096)).seconds())
        .isCloseTo(real, within(.03 * real));
  }

  /** Page 5: the design that this library is for. */
  @Test
  void hierarchicalBeatsAllGatherAndPort10BeatsItWithout() {
    double hierarchical = dispatch("ubbv2-2node", "hierarchical").seconds();
    double gathered = dispatch("ubbv2-2node", "allgather").seconds();
    double port10 = dispatch("ubbv2-2node+port10", "hierarchical").seconds();
    assertThat(hierarchical).isLessThan(.6 * gathered);
    assertThat(port10).isLessThan(.8 * hierarchical);
    assertThat(dispatch("ubbv2-2node+port10", "hierarchical").busiest().kind())
        .isEqualTo(LinkKind.P2P);
  }

  /**
   * DeepEP measures 43 of the 50 GB/s of its network cards for dispatch over two nodes. Here the
   * card is the bound too; only latency and the first and last chunk keep it below its full rate,
   * and what a real card loses to protocol and contention is not in the figure of a link.
   */
  @Test
  void networkCardIsTheBoundOfDeepEp() {
    SimulationResult result = dispatch("nvlink-2x8", "hierarchical");
    LinkUse use = result.busiest();
    assertThat(use.kind()).isEqualTo(LinkKind.RDMA);
    double rate = use.bytes() / result.seconds() / 1e9;
    assertThat(rate).isCloseTo(43, within(.25 * 43)).isLessThan(50);
  }

  @Test
  void sixtyFourRanksTakeSeconds() {
    long start = System.nanoTime();
    SimulationResult result = dispatch("ubbv2-4node-die", "hierarchical");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThat(result.busiest().kind()).isEqualTo(LinkKind.RDMA);
  }

  @Test
  void chancesOfUniformRouting() {
    // 2 of 4 experts, one held: half of the tokens; three held: all
    assertThat(UniformCounts.hit(4, 1, 2)).isCloseTo(.5, within(1e-15));
    assertThat(UniformCounts.hit(4, 3, 2)).isEqualTo(1);
    assertThat(UniformCounts.hit(4, 0, 2)).isZero();
  }

  @Test
  void refusesWhatDoesNotFit() {
    Topology topology = Topologies.named("flat-2");
    ExpertPlacement placement = ExpertPlacement.contiguous(4, 2);
    assertThatThrownBy(() -> RowCounts.uniform(topology, placement, 5, new int[2]))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("top-k: found 5, expected 1 to the 4 experts");
    assertThatThrownBy(() -> RowCounts.uniform(topology, placement, 2, new int[3]))
        .hasMessage(
            "counts of 3 ranks with a placement of 2 ranks, expected 2 of both (topology flat-2)");
    assertThatThrownBy(() -> RowCounts.uniform(topology, placement, 2, new int[] {1, -1}))
        .hasMessage("rank 1: found -1 tokens, expected 0 or more");
    assertThatThrownBy(() -> RowShape.of(0))
        .hasMessage("row bytes: found 0, expected 1 to 1073741824");
    assertThatThrownBy(() -> new RowShape(1, 0))
        .hasMessage("chunk rows: found 0, expected 1 or more");
    Plan plan = Algorithms.named("direct").dispatch(PlanRequest.of(Topologies.named("flat-3")));
    assertThatThrownBy(
            () -> new FabricSimulator(topology, RowShape.of(1)).run(plan, uniform(topology, 1)))
        .hasMessage("plan of 3 ranks on flat-2, which has 2");
  }
}
