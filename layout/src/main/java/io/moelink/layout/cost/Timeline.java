package io.moelink.layout.cost;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** When every step of a simulated plan ran. Reads only. */
public final class Timeline {
  private final Plan plan;
  private final TaskGraph graph;
  private final FlowEngine engine;
  private final int[] firstOfRank;

  Timeline(Plan plan, TaskGraph graph, FlowEngine engine) {
    this.plan = plan;
    this.graph = graph;
    this.engine = engine;
    firstOfRank = new int[plan.rankCount() + 1];
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      firstOfRank[rank + 1] = firstOfRank[rank] + plan.steps(rank).size();
    }
  }

  /** The plan that was simulated. */
  public Plan plan() {
    return plan;
  }

  /** Seconds at which the buffers of a rank's step were complete. */
  public double ready(int rank, int index) {
    return engine.ready[firstOfRank[rank] + index];
  }

  /** Seconds at which a rank's step began to move bytes. */
  public double start(int rank, int index) {
    return engine.start[firstOfRank[rank] + index];
  }

  /** Seconds at which a rank's step ended. */
  public double end(int rank, int index) {
    return engine.end[firstOfRank[rank] + index];
  }

  private Step step(int number) {
    int found = Arrays.binarySearch(firstOfRank, number);
    int rank = found < 0 ? -found - 2 : found;
    // a rank without steps begins where the next one does
    while (firstOfRank[rank + 1] == number) {
      rank++;
    }
    return plan.steps(rank).get(number - firstOfRank[rank]);
  }

  /** By kind of step: seconds in which at least one ran anywhere. */
  Map<StepKind, Double> secondsByKind() {
    Map<StepKind, Doubles> starts = new EnumMap<>(StepKind.class);
    Map<StepKind, Doubles> ends = new EnumMap<>(StepKind.class);
    int number = 0;
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      for (Step step : plan.steps(rank)) {
        if (engine.end[number] > engine.start[number]) {
          StepKind kind = StepKind.of(step);
          starts.computeIfAbsent(kind, k -> new Doubles()).add(engine.start[number]);
          ends.computeIfAbsent(kind, k -> new Doubles()).add(engine.end[number]);
        }
        number++;
      }
    }
    Map<StepKind, Double> seconds = new EnumMap<>(StepKind.class);
    starts.forEach(
        (kind, begun) -> seconds.put(kind, covered(begun.toArray(), ends.get(kind).toArray())));
    return seconds;
  }

  /** The time in which more have begun than ended. */
  private static double covered(double[] starts, double[] ends) {
    Arrays.sort(starts);
    Arrays.sort(ends);
    double covered = 0;
    double since = 0;
    int ended = 0;
    for (int begun = 0; begun < starts.length; begun++) {
      // all that began before have ended: the next begins another stretch
      while (ended < begun && ends[ended] < starts[begun]) {
        ended++;
      }
      if (ended == begun) {
        covered += begun == 0 ? 0 : ends[begun - 1] - since;
        since = starts[begun];
      }
    }
    return covered + ends[ends.length - 1] - since;
  }

  /** One step on the way to the end of the whole, and the path of what held it up. */
  record Link(StepKind kind, int from, int to, double start, double end, int path) {
    double seconds() {
      return end - start;
    }
  }

  /** Backwards from the step that ends last, what each waited for; in the order of time. */
  List<Link> criticalPath() {
    int last = TaskGraph.NONE;
    for (int step = 0; step < engine.end.length; step++) {
      if (last == TaskGraph.NONE || engine.end[step] > engine.end[last]) {
        last = step;
      }
    }
    List<Link> path = new ArrayList<>();
    double until = engine.end.length == 0 ? 0 : engine.end[last];
    int flow = engine.end.length == 0 ? TaskGraph.NONE : engine.lastFlow(last);
    for (; flow != TaskGraph.NONE; flow = engine.before(flow)) {
      Step made = step(graph.flowTask[flow]);
      double start = engine.carriedAt[flow];
      int over = graph.flowPath[flow];
      path.add(new Link(StepKind.of(made), from(made), to(made), start, until, over));
      until = start;
    }
    Collections.reverse(path);
    return path;
  }

  private static int from(Step step) {
    return switch (step) {
      case Step.Pull pull -> pull.from().rank();
      case Step.Permute permute -> permute.from().rank();
      case Step.Reduce reduce ->
          reduce.addends().stream()
              .map(Step.Addend::buffer)
              .mapToInt(Buffer::rank)
              .filter(rank -> rank != reduce.rank())
              .findFirst()
              .orElse(reduce.rank());
      case Step.Push push -> push.rank();
      case Step.Scatter scatter -> scatter.rank();
      case Step.Reorder reorder -> reorder.rank();
    };
  }

  /** The rank that rows go to; the first other one of several. */
  private static int to(Step step) {
    return step.writes().stream()
        .mapToInt(Buffer::rank)
        .filter(rank -> step.writes().size() == 1 || rank != step.rank())
        .findFirst()
        .orElseThrow();
  }
}
