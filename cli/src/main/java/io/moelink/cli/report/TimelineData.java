package io.moelink.cli.report;

import io.moelink.cli.cost.Simulated;
import io.moelink.layout.cost.SimulationResult;
import io.moelink.layout.cost.StepKind;
import io.moelink.layout.cost.Timeline;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Step;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Some ranks' steps of a dispatch and the combine behind it, as bars of a chart. */
final class TimelineData {
  private static final int RANKS_MAX = 4;
  private static final int STEPS_OF_RANK_MAX = 300;

  private final Topology topology;
  private final Simulated result;

  TimelineData(Topology topology, Simulated result) {
    this.topology = topology;
    this.result = result;
  }

  Map<String, Object> rows() {
    Map<String, Object> data = new LinkedHashMap<>();
    List<Integer> ranks = ranks();
    List<Object> bars = new ArrayList<>();
    boolean all = true;
    for (int rank : ranks) {
      all &= add(bars, rank, result.dispatch(), 0);
      all &= add(bars, rank, result.combine(), result.dispatch().seconds());
    }
    data.put("ranks", ranks);
    data.put("bars", bars);
    data.put("all", all);
    return data;
  }

  /** The ranks that end last, and the first of each VNode as long as there is room. */
  private List<Integer> ranks() {
    TreeSet<Integer> ranks = new TreeSet<>();
    ranks.add(last(result.dispatch()));
    ranks.add(last(result.combine()));
    for (int vnode = 0; vnode < topology.vnodeCount() && ranks.size() < RANKS_MAX; vnode++) {
      ranks.add(topology.ranksOfVnode(vnode)[0]);
    }
    for (int rank = 0; rank < topology.rankCount() && ranks.size() < RANKS_MAX; rank++) {
      ranks.add(rank);
    }
    return List.copyOf(ranks);
  }

  private static int last(SimulationResult simulated) {
    Timeline times = simulated.timeline();
    int last = 0;
    double end = -1;
    for (int rank = 0; rank < times.plan().rankCount(); rank++) {
      for (int i = 0; i < times.plan().steps(rank).size(); i++) {
        if (times.end(rank, i) > end) {
          end = times.end(rank, i);
          last = rank;
        }
      }
    }
    return last;
  }

  /** A bar: rank, kind, start and end in ms, what it does. Returns whether all found room. */
  private static boolean add(List<Object> bars, int rank, SimulationResult simulated, double from) {
    Timeline times = simulated.timeline();
    List<Step> steps = times.plan().steps(rank);
    int count = 0;
    for (int i = 0; i < steps.size(); i++) {
      double start = times.start(rank, i);
      double end = times.end(rank, i);
      if (end > start) {
        if (count++ == STEPS_OF_RANK_MAX) {
          return false;
        }
        Step step = steps.get(i);
        bars.add(
            List.of(
                rank,
                StepKind.of(step).label(),
                (from + start) * 1e3,
                (from + end) * 1e3,
                step.reads().getFirst() + " to " + Buffer.names(step.writes())));
      }
    }
    return true;
  }
}
