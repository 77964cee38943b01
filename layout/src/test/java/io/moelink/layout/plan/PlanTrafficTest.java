package io.moelink.layout.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.dispatch.DispatchReference;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingCase;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What plans move, counted from raw ids along the chains of page 1. */
class PlanTrafficTest {
  private final Map<LinkKind, Long> expected = new EnumMap<>(LinkKind.class);
  private RoutingCase input;
  private Topology topology;
  private DispatchReference reference;

  static Stream<Object[]> cases() {
    return RoutingCase.everyPreset(3);
  }

  private void begin(String preset, long seed) {
    input = RoutingCase.random(preset, seed);
    topology = input.topology();
    reference = new DispatchReference(input);
  }

  /** Every (token, rank) travels by itself, over every link of the way. */
  @ParameterizedTest
  @MethodSource("cases")
  void directDispatch(String preset, long seed) {
    begin(preset, seed);
    Reach reach = Reach.of(topology);
    for (int source = 0; source < input.ranks(); source++) {
      for (int rank = 0; rank < input.ranks(); rank++) {
        long rows = toRank(source, rank);
        int at = source;
        for (int hop : topology.route(source, rank)) {
          add(at, hop, rows);
          at = hop;
        }
        if (source == rank || !reach.loads(rank, source)) {
          // what was pushed is read again where it arrived
          add(rank, rank, rows);
        }
      }
    }
    check(Algorithms.named("direct").dispatch(PlanRequest.of(topology)), true);
  }

  /** Every (token, VNode) crosses into the VNode once, and each (token, rank) inside it. */
  @ParameterizedTest
  @MethodSource("cases")
  void hierarchicalDispatch(String preset, long seed) {
    begin(preset, seed);
    for (int source = 0; source < input.ranks(); source++) {
      for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
        int entry = topology.entry(source, vnode);
        int via = topology.via(source, vnode);
        if (vnode != topology.vnodeOf(source)) {
          add(via, entry, behind(source, entry, vnode));
        }
        for (int rank : topology.ranksOfVnode(vnode)) {
          add(entry, rank, toRank(source, rank));
        }
      }
    }
    check(Algorithms.named("hierarchical").dispatch(PlanRequest.of(topology)), true);
  }

  /** The same way back: one partial for each (token, rank), then one for each (token, VNode). */
  @ParameterizedTest
  @MethodSource("cases")
  void hierarchicalCombine(String preset, long seed) {
    begin(preset, seed);
    if (topology.linkKinds().contains(LinkKind.SHARED)) {
      // where memory is shared there are no card partials: expert rows are read as they are
      return;
    }
    for (int source = 0; source < input.ranks(); source++) {
      for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
        int entry = topology.entry(source, vnode);
        int via = topology.via(source, vnode);
        if (vnode != topology.vnodeOf(source)) {
          add(entry, via, behind(source, entry, vnode));
        }
        for (int rank : topology.ranksOfVnode(vnode)) {
          add(rank, entry, toRank(source, rank));
        }
      }
    }
    check(Algorithms.named("hierarchical").combine(PlanRequest.of(topology)), false);
  }

  private long toRank(int source, int rank) {
    return reference.tokens(source, r -> r == rank).length;
  }

  /** Tokens that a VNode needs, or another one whose entry reads on from this one's. */
  private long behind(int source, int entry, int vnode) {
    return reference.tokens(
            source,
            r -> {
              int v = topology.vnodeOf(r);
              return v == vnode
                  || v != topology.vnodeOf(source) && topology.via(source, v) == entry;
            })
        .length;
  }

  private void add(int from, int to, long rows) {
    expected.merge(topology.link(from, to).kind(), rows, Long::sum);
  }

  private void check(Plan plan, boolean local) {
    PlanTraffic traffic = PlanTraffic.of(plan, input.gathered(), OutputShape.CANONICAL);
    Map<LinkKind, Long> found = new EnumMap<>(traffic.rowsByLink());
    if (!local) {
      found.remove(LinkKind.LOCAL);
      expected.remove(LinkKind.LOCAL);
    }
    found.values().removeIf(rows -> rows == 0);
    expected.values().removeIf(rows -> rows == 0);
    assertThat(found).as("%s on %s", plan.name(), input).isEqualTo(expected);
    PlanTraffic[] parts =
        IntStream.range(0, input.ranks())
            .mapToObj(r -> PlanTraffic.of(plan, input.gathered(), OutputShape.CANONICAL, r, r + 1))
            .toArray(PlanTraffic[]::new);
    assertThat(Stream.of(parts).mapToLong(PlanTraffic::rowsRead).sum())
        .isEqualTo(traffic.rowsRead());
    assertThat(Stream.of(parts).mapToLong(PlanTraffic::rowsWritten).sum())
        .isEqualTo(traffic.rowsWritten());
    assertThat(traffic.rowsWritten()).as("%s on %s", plan.name(), input).isEqualTo(written(plan));
  }

  /** Rows that the kernels are told to write. */
  private long written(Plan plan) {
    RowBinder binder = new RowBinder(input.gathered(), OutputShape.CANONICAL);
    long written = 0;
    for (int rank = 0; rank < input.ranks(); rank++) {
      for (Step step : plan.steps(rank)) {
        written +=
            switch (binder.rows(step)) {
              case StepRows.Copy copy -> copy.count();
              case StepRows.Scatter scatter -> scatter.written();
              case StepRows.Sum sum -> sum.count();
              case StepRows.Whole whole -> whole.count();
            };
      }
    }
    return written;
  }
}
