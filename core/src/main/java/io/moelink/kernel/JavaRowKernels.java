package io.moelink.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The row kernels in plain Java: no native code, no incubating module, no allocation per call once
 * the scratch has grown to the number of sources or targets. One thread at a time.
 */
public final class JavaRowKernels implements RowKernels {
  /**
   * Edge of the tiles of a transpose: 32 rows of 32 8-byte elements stay in the first cache level.
   */
  private static final int TILE = 32;

  private final RowMath math = new RowMath();
  private final float[] total = new float[RowMath.BLOCK];
  private final float[] partial = new float[RowMath.BLOCK];
  private final float[] term = new float[RowMath.BLOCK];
  private final float[] lanes = new float[RowMath.LANES];
  private MemorySegment[] memory = new MemorySegment[16];
  private long[] offsets = new long[16];

  /** Kernels with scratch of their own. */
  public JavaRowKernels() {}

  @Override
  public String name() {
    return "java";
  }

  @Override
  public void gatherRows(Span dst, Span src, long rowBytes, int count, MemorySegment srcRows) {
    RowChecks.atLeast("gatherRows", "rowBytes", rowBytes, 1);
    RowChecks.atLeast("gatherRows", "count", count, 0);
    MemorySegment to = dst.region().segment();
    MemorySegment from = src.region().segment();
    RowChecks.fits("gatherRows", "dst", dst, rowBytes, count);
    RowChecks.rows(
        "gatherRows", srcRows == null ? "src" : "srcRows", srcRows, count, src, rowBytes);
    if (srcRows == null) {
      MemorySegment.copy(from, src.offset(), to, dst.offset(), rowBytes * count);
      return;
    }
    long toOffset = dst.offset();
    for (int i = 0; i < count; i++, toOffset += rowBytes) {
      long fromOffset = src.offset() + rowBytes * RowChecks.index(srcRows, i);
      MemorySegment.copy(from, fromOffset, to, toOffset, rowBytes);
    }
  }

  @Override
  public void scatterRows(ScatterRows rows, int count) {
    String kernel = "scatterRows";
    RowChecks.atLeast(kernel, "count", count, 0);
    MemorySegment from = rows.src().region().segment();
    if (count == 0) {
      return;
    }
    take(rows.targets());
    try {
      checkScatter(rows, count);
      for (int i = 0; i < count; i++) {
        int row = rows.srcRows() == null ? i : RowChecks.index(rows.srcRows(), i);
        long fromOffset = rows.src().offset() + rows.rowBytes() * row;
        int end = RowChecks.index(rows.dstStart(), i + 1);
        // the first copy brings the row into the cache, so the others do not read memory again
        for (int place = RowChecks.index(rows.dstStart(), i); place < end; place++) {
          int to = rows.dstTarget() == null ? 0 : RowChecks.index(rows.dstTarget(), place);
          long toOffset = offsets[to] + rows.rowBytes() * RowChecks.index(rows.dstRows(), place);
          MemorySegment.copy(from, fromOffset, memory[to], toOffset, rows.rowBytes());
        }
      }
    } finally {
      Arrays.fill(memory, 0, rows.targets().size(), null);
    }
  }

  private static void checkScatter(ScatterRows rows, int count) {
    String kernel = "scatterRows";
    String read = rows.srcRows() == null ? "src" : "srcRows";
    RowChecks.rows(kernel, read, rows.srcRows(), count, rows.src(), rows.rowBytes());
    int places = RowChecks.starts(kernel, "dstStart", rows.dstStart(), count);
    RowChecks.rowsOf(
        kernel,
        "dstTarget",
        rows.dstTarget(),
        "dstRows",
        rows.dstRows(),
        places,
        rows.targets(),
        rows.rowBytes());
  }

  @Override
  public void reduceRows(ReduceRows sum, int count) {
    RowChecks.atLeast("reduceRows", "count", count, 0);
    MemorySegment to = sum.dst().region().segment();
    if (count == 0) {
      return;
    }
    take(sum.sources());
    try {
      checkReduce(sum, count);
      for (int row = 0; row < count; row++) {
        reduceRow(sum, row, to);
      }
    } finally {
      Arrays.fill(memory, 0, sum.sources().size(), null);
    }
  }

  private void take(List<Span> spans) {
    if (spans.size() > memory.length) {
      memory = new MemorySegment[spans.size()];
      offsets = new long[spans.size()];
    }
    for (int s = 0; s < spans.size(); s++) {
      memory[s] = spans.get(s).region().segment();
      offsets[s] = spans.get(s).offset();
    }
  }

  private static void checkReduce(ReduceRows sum, int count) {
    String kernel = "reduceRows";
    long dstRowBytes = (long) sum.hidden() * sum.dstType().bytes();
    long srcRowBytes = (long) sum.hidden() * sum.srcType().bytes();
    RowChecks.fits(kernel, "dst", sum.dst(), dstRowBytes, count);
    int groups = RowChecks.starts(kernel, "groupStart", sum.groupStart(), count);
    int elements =
        sum.elemStart() == null
            ? groups
            : RowChecks.starts(kernel, "elemStart", sum.elemStart(), groups);
    if (sum.weights() != null) {
      RowChecks.array(kernel, "weights", sum.weights(), elements);
    }
    int sourceCount = sum.sources().size();
    if (elements > 0 && sourceCount == 0) {
      throw new IllegalArgumentException(
          "reduceRows: no sources for elements=%d, expected at least 1".formatted(elements));
    }
    if (elements > 0 || sum.elemSource() != null) {
      RowChecks.rowsOf(
          kernel,
          "elemSource",
          sum.elemSource(),
          "elemRow",
          sum.elemRow(),
          elements,
          sum.sources(),
          srcRowBytes);
    }
  }

  private void reduceRow(ReduceRows sum, int row, MemorySegment to) {
    int firstGroup = RowChecks.index(sum.groupStart(), row);
    int endGroup = RowChecks.index(sum.groupStart(), row + 1);
    int dstBytes = sum.dstType().bytes();
    boolean split = RowMath.isSplit(sum.srcType(), sum.dstType());
    long toOffset = sum.dst().offset() + (long) row * sum.hidden() * dstBytes;
    for (int column = 0; column < sum.hidden(); column += RowMath.BLOCK) {
      int n = Math.min(RowMath.BLOCK, sum.hidden() - column);
      boolean empty = true;
      for (int group = firstGroup; group < endGroup; group++) {
        if (!sumGroup(sum, group, column, n, split, empty ? total : partial)) {
          continue;
        }
        if (!empty) {
          RowMath.add(total, partial, RowMath.width(n, split));
        }
        empty = false;
      }
      if (empty) {
        Arrays.fill(total, 0, RowMath.width(n, split), 0.0f);
      }
      math.store(total, to, toOffset + (long) column * dstBytes, sum.dstType(), n, split);
    }
  }

  /**
   * Sums one group's block into {@code into}, rounded to the partial type; false if it is empty.
   */
  private boolean sumGroup(
      ReduceRows sum, int group, int column, int n, boolean split, float[] into) {
    int first = sum.elemStart() == null ? group : RowChecks.index(sum.elemStart(), group);
    int end = sum.elemStart() == null ? group + 1 : RowChecks.index(sum.elemStart(), group + 1);
    if (first == end) {
      return false;
    }
    int width = RowMath.width(n, split);
    boolean weighted = sum.weights() != null;
    loadElement(sum, first, column, n, split, into);
    if (weighted) {
      RowMath.multiply(into, weight(sum.weights(), first), width);
    }
    for (int e = first + 1; e < end; e++) {
      loadElement(sum, e, column, n, split, term);
      if (weighted) {
        RowMath.addProducts(into, term, weight(sum.weights(), e), width);
      } else {
        RowMath.add(into, term, width);
      }
    }
    // a value that came in this type needs no rounding to it
    if (weighted || end - first > 1 || sum.srcType() != sum.partialType()) {
      math.round(into, sum.partialType(), width);
    }
    return true;
  }

  private void loadElement(
      ReduceRows sum, int element, int column, int n, boolean split, float[] into) {
    int source = sum.elemSource() == null ? 0 : RowChecks.index(sum.elemSource(), element);
    long at = (long) RowChecks.index(sum.elemRow(), element) * sum.hidden() + column;
    long offset = offsets[source] + at * sum.srcType().bytes();
    math.load(memory[source], offset, sum.srcType(), into, n, split);
  }

  @Override
  public void dotRows(
      Span out,
      Span a,
      MemorySegment aRows,
      Span b,
      MemorySegment bRows,
      ElementType type,
      int hidden,
      int count) {
    RowChecks.atLeast("dotRows", "hidden", hidden, 1);
    RowChecks.atLeast("dotRows", "count", count, 0);
    long rowBytes = (long) hidden * type.bytes();
    MemorySegment to = out.region().segment();
    MemorySegment left = a.region().segment();
    MemorySegment right = b.region().segment();
    RowChecks.fits("dotRows", "out", out, Float.BYTES, count);
    RowChecks.rows("dotRows", aRows == null ? "a" : "aRows", aRows, count, a, rowBytes);
    RowChecks.rows("dotRows", bRows == null ? "b" : "bRows", bRows, count, b, rowBytes);
    boolean split = RowMath.isSplit(type, type);
    for (int i = 0; i < count; i++) {
      long aOffset = a.offset() + rowBytes * (aRows == null ? i : RowChecks.index(aRows, i));
      long bOffset = b.offset() + rowBytes * (bRows == null ? i : RowChecks.index(bRows, i));
      Arrays.fill(lanes, 0.0f);
      for (int column = 0; column < hidden; column += RowMath.BLOCK) {
        int n = Math.min(RowMath.BLOCK, hidden - column);
        long skip = (long) column * type.bytes();
        math.load(left, aOffset + skip, type, total, n, split);
        math.load(right, bOffset + skip, type, term, n, split);
        RowMath.multiply(total, term, RowMath.width(n, split));
        if (split) {
          RowMath.addSplitToLanes(lanes, total, n);
        } else {
          RowMath.addToLanes(lanes, total, n);
        }
      }
      to.set(
          ValueLayout.JAVA_FLOAT_UNALIGNED,
          out.offset() + (long) Float.BYTES * i,
          RowMath.fold(lanes));
    }
  }

  @Override
  public void scaleRows(
      Span dst,
      Span src,
      MemorySegment srcRows,
      ElementType type,
      int hidden,
      int count,
      MemorySegment weights) {
    RowChecks.atLeast("scaleRows", "hidden", hidden, 1);
    RowChecks.atLeast("scaleRows", "count", count, 0);
    long rowBytes = (long) hidden * type.bytes();
    MemorySegment to = dst.region().segment();
    MemorySegment from = src.region().segment();
    if (count == 0) {
      return;
    }
    RowChecks.fits("scaleRows", "dst", dst, rowBytes, count);
    RowChecks.rows("scaleRows", srcRows == null ? "src" : "srcRows", srcRows, count, src, rowBytes);
    RowChecks.array("scaleRows", "weights", weights, count);
    boolean split = RowMath.isSplit(type, type);
    for (int i = 0; i < count; i++) {
      long fromOffset =
          src.offset() + rowBytes * (srcRows == null ? i : RowChecks.index(srcRows, i));
      long toOffset = dst.offset() + rowBytes * i;
      float weight = weight(weights, i);
      for (int column = 0; column < hidden; column += RowMath.BLOCK) {
        int n = Math.min(RowMath.BLOCK, hidden - column);
        long skip = (long) column * type.bytes();
        math.load(from, fromOffset + skip, type, total, n, split);
        RowMath.multiply(total, weight, RowMath.width(n, split));
        math.store(total, to, toOffset + skip, type, n, split);
      }
    }
  }

  private static float weight(MemorySegment weights, int at) {
    return weights.get(ValueLayout.JAVA_FLOAT, 4L * at);
  }

  @Override
  public void reorder(Span dst, Span src, int elementBytes, int rows, int columns) {
    if (elementBytes < 1 || elementBytes > 8 || Integer.bitCount(elementBytes) != 1) {
      throw new IllegalArgumentException(
          "reorder: elementBytes=%d, expected 1, 2, 4 or 8".formatted(elementBytes));
    }
    RowChecks.atLeast("reorder", "rows", rows, 0);
    RowChecks.atLeast("reorder", "columns", columns, 0);
    MemorySegment to = dst.region().segment();
    MemorySegment from = src.region().segment();
    long elements = (long) rows * columns;
    RowChecks.fits("reorder", "dst", dst, elementBytes, elements);
    RowChecks.fits("reorder", "src", src, elementBytes, elements);
    Transpose transpose = new Transpose(to, dst.offset(), from, src.offset(), rows, columns);
    for (int row = 0; row < rows; row += TILE) {
      int rowEnd = row + Math.min(TILE, rows - row);
      for (int column = 0; column < columns; column += TILE) {
        int columnEnd = column + Math.min(TILE, columns - column);
        transpose.tile(elementBytes, row, rowEnd, column, columnEnd);
      }
    }
  }

  @Override
  public void fill(Span dst, long bytes, byte value) {
    RowChecks.atLeast("fill", "bytes", bytes, 0);
    MemorySegment to = dst.region().segment();
    RowChecks.fits("fill", "dst", dst, 1, bytes);
    to.asSlice(dst.offset(), bytes).fill(value);
  }
}
