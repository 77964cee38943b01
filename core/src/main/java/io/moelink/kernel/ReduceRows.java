package io.moelink.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * What {@link RowKernels#reduceRows} sums. Built once and used for many calls, each of which says
 * how many rows it wants; the index arrays are read at every call, so their owner may rewrite them
 * between calls.
 *
 * <p>Output row {@code i} is the sum over its groups {@code g = groupStart[i] ..
 * groupStart[i+1]-1}. The terms of group {@code g} are the elements {@code e = elemStart[g] ..
 * elemStart[g+1]-1}, or the single element {@code e = g} when {@code elemStart} is null. Element
 * {@code e} stands for row {@code elemRow[e]} of {@code sources.get(elemSource[e])}.
 *
 * @param dst where output row 0 starts; rows are {@code hidden * dstType.bytes()} apart
 * @param dstType type of the output
 * @param sources where row 0 of each source starts; rows are {@code hidden * srcType.bytes()} apart
 * @param srcType type of all sources
 * @param hidden elements of a row, at least 1
 * @param groupStart int32[output rows + 1], not falling; the last is the number of groups
 * @param elemStart int32[groups + 1], not falling, or null for one element per group
 * @param elemSource int32[elements], index into {@code sources}; null for source 0 throughout
 * @param elemRow int32[elements], row of the source
 * @param weights float32[elements], or null for an unweighted sum
 * @param partialType type that each group's sum is rounded to before the groups are summed
 */
public record ReduceRows(
    Span dst,
    ElementType dstType,
    List<Span> sources,
    ElementType srcType,
    int hidden,
    MemorySegment groupStart,
    MemorySegment elemStart,
    MemorySegment elemSource,
    MemorySegment elemRow,
    MemorySegment weights,
    ElementType partialType) {
  /** Copies the list of sources and checks what does not depend on the content of the arrays. */
  public ReduceRows {
    Objects.requireNonNull(dst, "dst");
    Objects.requireNonNull(dstType, "dstType");
    Objects.requireNonNull(srcType, "srcType");
    Objects.requireNonNull(partialType, "partialType");
    Objects.requireNonNull(groupStart, "groupStart");
    Objects.requireNonNull(elemRow, "elemRow");
    sources = List.copyOf(sources);
    if (hidden < 1) {
      throw new IllegalArgumentException("reduceRows: hidden=" + hidden + ", expected at least 1");
    }
  }
}
