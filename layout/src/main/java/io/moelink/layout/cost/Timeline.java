package io.moelink.layout.cost;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** When every step of a simulated plan ran. Immutable once it is in a result. */
public final class Timeline {
  private final Plan plan;
  private final StepGraph graph;
  private final int[] boundBy;

  final double[] ready;
  final double[] start;
  final double[] end;

  /** The step whose end let a step begin, or -1. */
  final int[] cause;

  Timeline(Plan plan, StepGraph graph) {
    this.plan = plan;
    this.graph = graph;
    ready = nan(graph.count());
    start = nan(graph.count());
    end = nan(graph.count());
    cause = new int[graph.count()];
    boundBy = new int[graph.count()];
    Arrays.fill(boundBy, -1);
  }

  private static double[] nan(int count) {
    double[] times = new double[count];
    Arrays.fill(times, Double.NaN);
    return times;
  }

  void boundBy(Flow flow) {
    boundBy[flow.step] = flow.heldBy;
  }

  /** The plan that was simulated. */
  public Plan plan() {
    return plan;
  }

  /** Seconds at which the buffers of a rank's step were complete. */
  public double ready(int rank, int index) {
    return ready[graph.first(rank) + index];
  }

  /** Seconds at which a rank's step began to move bytes. */
  public double start(int rank, int index) {
    return start[graph.first(rank) + index];
  }

  /** Seconds at which a rank's step ended. */
  public double end(int rank, int index) {
    return end[graph.first(rank) + index];
  }

  /** One step on the way to the end of the whole. */
  record Link(StepKind kind, int from, int to, double start, double end, int boundBy) {}

  /** Backwards from the step that ends last, what each waited for; in the order of time. */
  List<Link> criticalPath() {
    int last = -1;
    for (int step = 0; step < end.length; step++) {
      if (last < 0 || end[step] > end[last]) {
        last = step;
      }
    }
    List<Link> path = new ArrayList<>();
    double until = Double.POSITIVE_INFINITY;
    for (int step = last; step >= 0; step = cause[step]) {
      Step made = graph.step(step);
      double stop = Math.min(until, end[step]);
      if (end[step] > start[step]) {
        path.add(
            new Link(StepKind.of(made), from(made), to(made), start[step], stop, boundBy[step]));
      }
      until = Math.min(until, start[step]);
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
      case Step.Reorder reorder -> reorder.rank();
    };
  }

  private static int to(Step step) {
    return step.writes().rank();
  }
}
