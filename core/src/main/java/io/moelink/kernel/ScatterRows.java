package io.moelink.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * What {@link RowKernels#scatterRows} places. Built once and used for many calls, each of which
 * says how many rows it wants; the index arrays are read at every call, so their owner may rewrite
 * them between calls.
 *
 * <p>Row {@code srcRows[i]} of {@code src} goes to the places {@code p = dstStart[i] ..
 * dstStart[i+1]-1}, of which each is row {@code dstRows[p]} of {@code targets.get(dstTarget[p])}.
 *
 * @param targets where row 0 of each target starts
 * @param src where row 0 of the source starts
 * @param rowBytes bytes of a row, at least 1
 * @param srcRows int32[rows read], or null for row {@code i} itself
 * @param dstStart int32[rows read + 1], not falling
 * @param dstTarget int32[dstStart[rows read]], index into {@code targets}; null for target 0
 *     throughout
 * @param dstRows int32[dstStart[rows read]], row of the target
 */
public record ScatterRows(
    List<Span> targets,
    Span src,
    long rowBytes,
    MemorySegment srcRows,
    MemorySegment dstStart,
    MemorySegment dstTarget,
    MemorySegment dstRows) {
  /** Copies the list of targets and checks what does not depend on the content of the arrays. */
  public ScatterRows {
    targets = List.copyOf(targets);
    Objects.requireNonNull(src, "src");
    RowChecks.atLeast("scatterRows", "targets", targets.size(), 1);
    RowChecks.atLeast("scatterRows", "rowBytes", rowBytes, 1);
  }

  /** Rows that all go to one target. */
  public static ScatterRows toOne(
      Span dst,
      Span src,
      long rowBytes,
      MemorySegment srcRows,
      MemorySegment dstStart,
      MemorySegment dstRows) {
    return new ScatterRows(List.of(dst), src, rowBytes, srcRows, dstStart, null, dstRows);
  }
}
