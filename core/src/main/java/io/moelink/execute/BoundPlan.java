package io.moelink.execute;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.PlanTraffic;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.plan.Step;
import io.moelink.layout.plan.StepRows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One rank's part of a plan, bound to a routing: what runs as often as the caller likes. */
public final class BoundPlan {
  private final RankPlan rankPlan;
  private final List<BoundTask> tasks = new ArrayList<>();
  private final Map<Buffer, Integer> rows = new HashMap<>();
  private final PlanTraffic traffic;
  private final IntMemory.Lease memory;

  /** Works out the rows of every step of a rank; {@code memory} is released by {@link #release}. */
  BoundPlan(RankPlan rankPlan, RowBinder binder, IntMemory memory) {
    this.rankPlan = rankPlan;
    this.memory = memory.lease();
    for (Task task : rankPlan.tasks()) {
      tasks.add(bind(task, binder));
    }
    for (Buffer buffer : rankPlan.buffers()) {
      rows.put(buffer, binder.rowCount(buffer));
    }
    int rank = rankPlan.rank();
    traffic = PlanTraffic.of(rankPlan.plan(), binder.routing(), binder.shape(), rank, rank + 1);
  }

  private BoundTask bind(Task task, RowBinder binder) {
    if (task.step() == null) {
      return new BoundTask(task, 0, null, null, null, null, null);
    }
    return switch (binder.rows(task.step())) {
      case StepRows.Copy copy ->
          new BoundTask(task, copy.count(), memory.put(copy.from()), null, null, null, null);
      case StepRows.Scatter scatter ->
          new BoundTask(
              task,
              scatter.count(),
              memory.put(scatter.from()),
              memory.put(scatter.start()),
              memory.put(scatter.to()),
              null,
              null);
      case StepRows.Sum sum ->
          new BoundTask(
              task,
              sum.count(),
              memory.put(sum.groupStart()),
              memory.put(sum.elementStart()),
              memory.put(sum.elementRow()),
              memory.put(sum.elementSource()),
              memory.put(sum.weights()));
      case StepRows.Whole whole -> new BoundTask(task, whole.count(), null, null, null, null, null);
    };
  }

  RankPlan rankPlan() {
    return rankPlan;
  }

  List<BoundTask> tasks() {
    return tasks;
  }

  /** Rows of a buffer in this rank's memory. */
  int rows(Buffer buffer) {
    return rows.get(buffer);
  }

  /** What this rank's steps move. */
  public PlanTraffic traffic() {
    return traffic;
  }

  /** The name of the plan. */
  public String name() {
    return rankPlan.plan().name();
  }

  /** Gives back the memory of the row lists; the plan must not run any more. */
  public void release() {
    memory.release();
  }

  /** For messages. */
  static String describe(Step step) {
    return step.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + " to " + step.to();
  }
}
