package io.moelink.execute;

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

  /** Rows that the task writes. */
  int rowsWritten() {
    return task.step() instanceof Step.Permute ? (int) (to.byteSize() / Integer.BYTES) : count;
  }
}
