package io.moelink.execute;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.LinkRows;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.plan.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * One rank's part of a plan, bound to a routing: what runs as often as the caller likes. When it is
 * released, its engine binds it to another routing.
 */
public final class BoundPlan {
  private final RankPlan rankPlan;
  private final List<BoundTask> tasks = new ArrayList<>();
  private final int[] rows;
  private final LinkRows traffic;
  private final List<BoundPlan> free;

  /**
   * @param memory for the lists of rows
   * @param free where it goes when it is released
   */
  BoundPlan(RankPlan rankPlan, IntMemory memory, List<BoundPlan> free) {
    this.rankPlan = rankPlan;
    this.free = free;
    for (Task task : rankPlan.tasks()) {
      tasks.add(new BoundTask(task, rankPlan, memory));
    }
    rows = new int[rankPlan.buffers().size()];
    traffic = new LinkRows(rankPlan.crossings());
  }

  /** Works out the rows of every step of the rank. */
  BoundPlan bind(RowBinder binder) {
    for (int i = 0; i < tasks.size(); i++) {
      tasks.get(i).bind(binder);
    }
    for (int i = 0; i < rows.length; i++) {
      Buffer buffer = rankPlan.buffers().get(i);
      rows[i] = rankPlan.rowsKept(buffer, binder.rowCount(buffer));
    }
    traffic.count(binder);
    return this;
  }

  RankPlan rankPlan() {
    return rankPlan;
  }

  List<BoundTask> tasks() {
    return tasks;
  }

  /** Rows for which the i-th of the buffers in this rank's memory has room. */
  int rows(int buffer) {
    return rows[buffer];
  }

  /** What this rank's steps move. */
  public LinkRows traffic() {
    return traffic;
  }

  /** The name of the plan. */
  public String name() {
    return rankPlan.plan().name();
  }

  /** Lets another routing have it; this one must not run any more. */
  public void release() {
    free.add(this);
  }

  /** For messages. */
  static String describe(Step step) {
    String kind = step.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    return kind + " to " + Buffer.names(step.writes());
  }
}
