package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.moelink.layout.plan.Step;
import java.lang.foreign.MemorySegment;

/**
 * A task with the rows of one routing, in the form that kernels take.
 *
 * @param task the task
 * @param count rows written (copy, sum, reorder) or read (scatter)
 * @param from rows read, or null; for a sum: the start of each row's groups
 * @param start for a scatter: start of each row's targets; for a sum: of each group's elements
 * @param to for a scatter: the targets; for a sum: the row of each element
 * @param sources for a sum: the addend of each element
 * @param weights for a sum: the weight of each element, or null
 */
record BoundTask(
    Task task,
    int count,
    MemorySegment from,
    MemorySegment start,
    MemorySegment to,
    MemorySegment sources,
    MemorySegment weights) {

  /** Rows that the task writes when it does its rows from {@code first} up to {@code last - 1}. */
  int rowsWritten(int first, int last) {
    return task.step() instanceof Step.Permute
        ? start.getAtIndex(JAVA_INT, last) - start.getAtIndex(JAVA_INT, first)
        : last - first;
  }

  /**
   * How many of its rows can be done.
   *
   * @param done rows that are done
   * @param here for each buffer that it reads: how many of its rows are there
   */
  int rowsReady(int done, int[] here) {
    return switch (task.step()) {
      case Step.Reduce sum -> sumsReady(done, here);
      case Step.Reorder whole -> 0;
      case Step.Pull copy -> readsReady(done, here[0]);
      case Step.Push copy -> readsReady(done, here[0]);
      case Step.Permute scatter -> readsReady(done, here[0]);
    };
  }

  /** Rows are read in ascending order. */
  private int readsReady(int done, int here) {
    if (from == null) {
      return Math.min(count, here);
    }
    int ready = done;
    while (ready < count && from.getAtIndex(JAVA_INT, ready) < here) {
      ready++;
    }
    return ready;
  }

  private int sumsReady(int done, int[] here) {
    for (int row = done; row < count; row++) {
      int first = element(from.getAtIndex(JAVA_INT, row));
      int last = element(from.getAtIndex(JAVA_INT, row + 1));
      for (int e = first; e < last; e++) {
        if (to.getAtIndex(JAVA_INT, e) >= here[sources.getAtIndex(JAVA_INT, e)]) {
          return row;
        }
      }
    }
    return count;
  }

  /** The first element of a group of a sum. */
  private int element(int group) {
    return start == null ? group : start.getAtIndex(JAVA_INT, group);
  }
}
