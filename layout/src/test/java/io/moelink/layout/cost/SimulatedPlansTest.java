package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingCase;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.PlanTraffic;
import io.moelink.layout.plan.Step;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.MemoryRates;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every plan, on every preset, with odd routings. */
class SimulatedPlansTest {
  private static List<Plan> plans(Topology topology) {
    List<Plan> plans = new ArrayList<>();
    for (Algorithm algorithm : Algorithms.all()) {
      for (StagingPolicy staging : StagingPolicy.values()) {
        PlanRequest request = PlanRequest.of(topology).withStaging(staging);
        plans.add(algorithm.dispatch(request));
        plans.add(algorithm.combine(request.withColumnMajor(true)));
      }
    }
    plans.add(Algorithms.scalars(PlanRequest.of(topology)));
    return plans;
  }

  static Stream<Object[]> cases() {
    return RoutingCase.everyPreset(2);
  }

  private static RowCounts counts(RoutingCase input) {
    return RowCounts.of(input.gathered(), OutputShape.CANONICAL);
  }

  private static RowCounts uniform(Topology topology, int tokens) {
    int[] each = new int[topology.rankCount()];
    Arrays.fill(each, tokens);
    ExpertPlacement placement = ExpertPlacement.contiguous(256, each.length);
    return RowCounts.uniform(topology, placement, 8, each);
  }

  /** The bytes on the links are those that the traffic counter finds. */
  @ParameterizedTest
  @MethodSource("cases")
  void carriesWhatTheTrafficCounterCounts(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    FabricSimulator simulator = new FabricSimulator(input.topology(), new RowShape(4, 16));
    for (Plan plan : plans(input.topology())) {
      Map<LinkKind, Double> bytes = simulator.run(plan, counts(input)).bytesByLink();

      Map<LinkKind, Long> rows =
          PlanTraffic.of(plan, input.gathered(), OutputShape.CANONICAL).rowsByLink();
      for (LinkKind kind : LinkKind.values()) {
        if (kind != LinkKind.LOCAL) {
          assertThat(bytes.getOrDefault(kind, 0.0))
              .as("%s, seed %d, %s, %s", preset, seed, plan.name(), kind)
              .isCloseTo(4.0 * rows.getOrDefault(kind, 0L), within(1e-6));
        }
      }
    }
  }

  /** Nothing starts before what it reads is there, and nothing carries more than it can. */
  @ParameterizedTest
  @MethodSource("cases")
  void keepsToOrderAndRates(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    FabricSimulator simulator = new FabricSimulator(input.topology(), RowShape.of(1024));
    for (Plan plan : plans(input.topology())) {
      SimulationResult result = simulator.run(plan, counts(input));
      Timeline times = result.timeline();
      String what = "%s, seed %d, %s".formatted(preset, seed, plan.name());
      double last = 0;
      for (int rank = 0; rank < plan.rankCount(); rank++) {
        for (int i = 0; i < plan.steps(rank).size(); i++) {
          for (Plan.StepId before : plan.waitsFor(plan.steps(rank).get(i))) {
            assertThat(times.end(before.rank(), before.index()))
                .as(what)
                .isLessThanOrEqualTo(times.ready(rank, i));
          }
          assertThat(times.start(rank, i))
              .as(what)
              .isBetween(times.ready(rank, i), times.end(rank, i));
          last = Math.max(last, times.end(rank, i));
        }
      }
      assertThat(result.seconds()).as(what).isEqualTo(last);
      for (LinkUse use : result.links()) {
        assertThat(use.busyShare()).as(what + use).isBetween(0.0, 1 + 1e-3);
      }
      checkCriticalPath(result, what);
    }
  }

  private static void checkCriticalPath(SimulationResult result, String what) {
    double at = 0;
    for (Timeline.Link link : result.timeline().criticalPath()) {
      assertThat(link.start()).as(what).isGreaterThanOrEqualTo(at);
      assertThat(link.end()).as(what).isGreaterThanOrEqualTo(link.start());
      at = link.end();
    }
    assertThat(at).as(what).isEqualTo(result.seconds());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isTheSameToTheBitEveryTime(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    FabricSimulator simulator = new FabricSimulator(input.topology(), RowShape.of(14336));
    for (Plan plan : plans(input.topology())) {
      SimulationResult one = simulator.run(plan, counts(input));
      SimulationResult other = simulator.run(plan, counts(input));

      assertThat(other.seconds()).isEqualTo(one.seconds());
      assertThat(other.links()).isEqualTo(one.links());
      assertThat(other.criticalPath()).isEqualTo(one.criticalPath());
    }
  }

  /** Rows of 64 ranks that all pass relays, with times on the grid and without. */
  @Test
  void theGridOfTimesChangesLittle() {
    Topology topology = Topologies.named("ubbv2-4node-die");
    Plan plan = Algorithms.named("direct").dispatch(PlanRequest.of(topology));
    TaskGraph graph = PlanTasks.of(plan, topology, uniform(topology, 4096), RowShape.of(14336));

    double exact = new FlowEngine(graph).run();
    double onGrid = new FlowEngine(graph, 1000).run();

    assertThat(onGrid).isNotEqualTo(exact).isCloseTo(exact, within(0.01 * exact));
  }

  @Test
  void smallerChunksOverlapPackingUntilLatencyShows() {
    Topology topology = Topologies.named("ubbv2-2node");
    Plan plan = Algorithms.named("hierarchical").dispatch(PlanRequest.of(topology));
    assertThat(plan.steps(0).getFirst()).isInstanceOf(Step.Push.class);
    double[] pushed = new double[4];
    int[] chunks = {1, 128, 1024, Integer.MAX_VALUE};
    for (int i = 0; i < chunks.length; i++) {
      FabricSimulator simulator = new FabricSimulator(topology, new RowShape(14336, chunks[i]));
      pushed[i] = simulator.run(plan, uniform(topology, 4096)).timeline().end(0, 0);
    }

    assertThat(pushed[1]).isLessThan(pushed[0]).isLessThan(pushed[2]);
    assertThat(pushed[2]).isLessThan(pushed[3]);
  }

  /** Each rank copies at 10, both together at 12, and sums at half of that. */
  @Test
  void ranksOfANodeShareWhatCopies() {
    Topology own = Topologies.named("flat-2").withMemory(MemoryRates.of(10, 20));
    Topology shared = own.withMemory(new MemoryRates(10, 20, 5, 12));
    RowCounts rows = uniform(own, 4096);
    PlanRequest request = PlanRequest.of(own);
    Plan dispatch = Algorithms.named("direct").dispatch(request);
    Plan combine = Algorithms.named("direct").combine(request);
    FabricSimulator alone = new FabricSimulator(own, RowShape.of(14336));
    FabricSimulator together = new FabricSimulator(shared, RowShape.of(14336));

    double copies = alone.run(dispatch, rows).seconds();
    double sums = alone.run(combine, rows).seconds();

    assertThat(together.run(dispatch, rows).seconds() / copies).isCloseTo(10 / 6.0, within(0.01));
    assertThat(together.run(combine, rows).seconds() / sums).isCloseTo(20 / 6.0, within(0.01));
    assertThat(together.run(dispatch, rows).busiest().name()).isEqualTo("memory of node 0");
  }

  /**
   * Where memory is shared a source reads each of its rows once, and writes all of their copies.
   */
  @Test
  void sharedMemoryIsWrittenByTheSource() {
    Topology topology = Topologies.named("flat-2");
    Plan dispatch = Algorithms.named("direct").dispatch(PlanRequest.of(topology));
    RowCounts rows = uniform(topology, 1000);
    double seconds =
        new FabricSimulator(topology, RowShape.of(1 << 20)).run(dispatch, rows).seconds();
    double reads = rows.needed(0, Scope.ALL);
    double writes = 2 * rows.slots(0, 0);
    assertThat(seconds).isCloseTo((reads + writes) / 2 * (1 << 20) / 10e9, within(0.001 * seconds));
  }

  /** With both of DeepEP's ways to count, and the NVLink of both its cards. */
  @Test
  void twoServersComeNearDeepEp() {
    assertThat(OurPlans.deepEpGigabytesPerSecond(450, false)).isCloseTo(43, within(0.25 * 43));
    assertThat(OurPlans.deepEpGigabytesPerSecond(160, true)).isCloseTo(43, within(0.25 * 43));
    assertThat(OurPlans.deepEpGigabytesPerSecond(450, true)).isCloseTo(90, within(0.25 * 90));
  }
}
