package io.moelink.execute;

import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.BufferKind;
import io.moelink.memory.SharedRegion;

/**
 * One run of a bound plan: where the caller's rows are and what they are made of.
 *
 * @param name for messages, such as "dispatch"
 * @param plan what to do
 * @param rowBytes bytes of a row of each payload
 * @param ends the caller's memory
 * @param rowType element type of the first payload; null where rows are opaque
 * @param partialType type of partial sums; null where there are none
 * @param hidden elements of a row of the first payload
 * @param weighted whether sums are weighted
 * @param chunkRows rows of one put of a push
 */
public record Operation(
    String name,
    BoundPlan plan,
    int[] rowBytes,
    Ends ends,
    ElementType rowType,
    ElementType partialType,
    int hidden,
    boolean weighted,
    int chunkRows) {

  /** The caller's memory. */
  @FunctionalInterface
  public interface Ends {
    /**
     * Where a buffer of this rank lies, or null where the caller holds none of that kind and the
     * executor provides it.
     */
    SharedRegion.Place place(Buffer buffer, int payload);
  }

  /** Bytes of a row of a buffer. */
  int rowBytes(Buffer buffer, int payload) {
    return buffer.kind() == BufferKind.PARTIAL ? hidden * partialType.bytes() : rowBytes[payload];
  }

  /** Bytes that a task writes, all payloads together, when it does some of its rows. */
  long bytesWritten(BoundTask task, int first, int last) {
    long bytes = 0;
    for (int payload = 0; payload < rowBytes.length; payload++) {
      bytes +=
          (long) task.rowsWritten(first, last)
              * rowBytes(task.task().written().getFirst(), payload);
    }
    return bytes;
  }

  /** Element type of a buffer that is summed or filled by sums. */
  ElementType type(Buffer buffer) {
    return buffer.kind() == BufferKind.PARTIAL ? partialType : rowType;
  }
}
