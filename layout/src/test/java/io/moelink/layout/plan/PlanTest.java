package io.moelink.layout.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.dispatch.DispatchReference;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingCase;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every plan of every algorithm, run on names: dispatch brings the rows that raw ids ask for to the
 * places that page 2.3 says, and combine adds every slot once, in the order of page 3.3.
 */
class PlanTest {
  static Stream<Object[]> cases() {
    return Stream.concat(RoutingCase.everyPreset(2), RoutingCase.everyPart(2));
  }

  /** What the topology's links allow, a host where all is shared, no memory but one's own. */
  private static List<PlanRequest> requests(Topology topology, long seed) {
    List<PlanRequest> requests = new ArrayList<>();
    for (Reach reach : List.<Reach>of(Reach.of(topology), (r, o) -> true, (r, o) -> false)) {
      for (StagingPolicy policy : StagingPolicy.values()) {
        boolean columns = (seed + requests.size()) % 2 == 0;
        boolean rowPartials = (seed + requests.size()) % 4 < 2;
        requests.add(new PlanRequest(topology, policy, reach, columns, rowPartials));
      }
    }
    return requests;
  }

  private static List<OutputShape> shapes(long seed) {
    return List.of(OutputShape.expertMajor(seed % 3 == 0 ? 1 : 8), OutputShape.rankMajor());
  }

  private static void runSomehow(SymbolicExecutor run, long seed) {
    if (seed % 2 == 0) {
      run.runInOrder();
    } else {
      run.runInAnyOrder(seed);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void dispatchBringsEveryRowToItsPlace(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    DispatchReference reference = new DispatchReference(input);
    for (OutputShape shape : shapes(seed)) {
      String[][] expected = new String[input.ranks()][];
      for (int rank = 0; rank < expected.length; rank++) {
        expected[rank] = expertRows(reference, rank, shape, null, false);
      }
      for (Algorithm algorithm : Algorithms.all()) {
        for (PlanRequest request : requests(input.topology(), seed)) {
          Plan plan = algorithm.dispatch(request);
          SymbolicExecutor run = new SymbolicExecutor(plan, input, shape);
          run.giveInputs(request.columnMajor());
          runSomehow(run, seed);
          BufferKind kind = request.columnMajor() ? BufferKind.EXPERT_COLUMNS : BufferKind.EXPERT;
          for (int rank = 0; rank < expected.length; rank++) {
            assertThat(run.rows(new Buffer(rank, kind, rank, Scope.rank(rank))))
                .as("%s on %s, %s, rank %d", plan.name(), input, request, rank)
                .isEqualTo(expected[rank]);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void combineAddsEverySlotOnceInOrder(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    DispatchReference reference = new DispatchReference(input);
    for (OutputShape shape : shapes(seed)) {
      for (Algorithm algorithm : Algorithms.all()) {
        String[][] expected = expectedSums(input, shape, algorithm);
        for (PlanRequest request : requests(input.topology(), seed)) {
          if (request.staging() != StagingPolicy.UNION) {
            continue;
          }
          Plan plan = algorithm.combine(request);
          SymbolicExecutor run = new SymbolicExecutor(plan, input, shape);
          BufferKind kind = request.columnMajor() ? BufferKind.EXPERT_COLUMNS : BufferKind.EXPERT;
          for (int rank = 0; rank < input.ranks(); rank++) {
            run.give(
                new Buffer(rank, kind, rank, Scope.rank(rank)),
                expertRows(reference, rank, shape, "padding", true));
          }
          runSomehow(run, seed);
          BufferKind out = request.columnMajor() ? BufferKind.OUTPUT_COLUMNS : BufferKind.OUTPUT;
          for (int source = 0; source < expected.length; source++) {
            assertThat(run.rows(new Buffer(source, out, source, Scope.ALL)))
                .as("%s on %s, %s, source %d", plan.name(), input, request, source)
                .isEqualTo(expected[source]);
          }
        }
      }
    }
  }

  private static String[][] expectedSums(
      RoutingCase input, OutputShape shape, Algorithm algorithm) {
    String[][] expected = new String[input.ranks()][];
    for (int source = 0; source < expected.length; source++) {
      expected[source] = new String[input.choices().get(source).tokens()];
      for (int token = 0; token < expected[source].length; token++) {
        ExpectedSum sum = new ExpectedSum(input, shape.rowPerSlot(), source, token);
        expected[source][token] =
            algorithm.name().equals("hierarchical") ? sum.byLevels() : sum.byRank();
      }
    }
    return expected;
  }

  /**
   * The expert buffer of a rank, by token.
   *
   * @param made whether rows are what experts made of them: another for each slot or rank
   */
  private static String[] expertRows(
      DispatchReference reference, int rank, OutputShape shape, String padding, boolean made) {
    if (!shape.rowPerSlot()) {
      return reference.rankMajor(rank).stream()
          .map(row -> "s" + row[0] + "t" + row[1] + (made ? "@" + rank : ""))
          .toArray(String[]::new);
    }
    int[] starts = reference.blockStarts(rank, shape);
    String[] rows = new String[starts[starts.length - 1]];
    Arrays.fill(rows, padding);
    List<DispatchReference.Row> canonical = reference.rows(rank);
    int[] destinations = reference.destinations(rank, shape);
    for (int i = 0; i < destinations.length; i++) {
      DispatchReference.Row row = canonical.get(i);
      rows[destinations[i]] = "s" + row.source() + "t" + row.token() + (made ? "k" + row.k() : "");
    }
    return rows;
  }

  /** No rank ever waits for one that waits for it, when all work through their lists in order. */
  @ParameterizedTest
  @MethodSource("presets")
  void strictOrderNeverEndsInAWait(String preset) {
    Topology topology = RoutingCase.topology(preset);
    for (Algorithm algorithm : Algorithms.all()) {
      for (PlanRequest request : requests(topology, 0)) {
        for (Plan plan : List.of(algorithm.dispatch(request), algorithm.combine(request))) {
          int[] next = new int[plan.rankCount()];
          Set<Step> done = new HashSet<>();
          boolean moved = true;
          while (moved) {
            moved = false;
            // one step a rank and turn: nobody runs ahead
            for (int rank = 0; rank < next.length; rank++) {
              List<Step> steps = plan.steps(rank);
              if (next[rank] < steps.size()
                  && plan.waitsFor(steps.get(next[rank])).stream()
                      .allMatch(id -> done.contains(plan.step(id)))) {
                done.add(steps.get(next[rank]++));
                moved = true;
              }
            }
          }
          assertThat(next)
              .as("%s on %s, %s", plan.name(), preset, request)
              .isEqualTo(IntStream.range(0, next.length).map(r -> plan.steps(r).size()).toArray());
        }
      }
    }
  }

  static List<String> presets() {
    return Stream.concat(RoutingCase.PRESETS.stream(), RoutingCase.PARTS.stream()).toList();
  }
}
