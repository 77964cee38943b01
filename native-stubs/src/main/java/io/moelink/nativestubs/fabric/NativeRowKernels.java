package io.moelink.nativestubs.fabric;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.RowChecks;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.ScatterRows;
import io.moelink.kernel.Span;
import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.DotStruct;
import io.moelink.nativestubs.abi.Fabric;
import io.moelink.nativestubs.abi.FillStruct;
import io.moelink.nativestubs.abi.GatherStruct;
import io.moelink.nativestubs.abi.HugePages;
import io.moelink.nativestubs.abi.Kernel;
import io.moelink.nativestubs.abi.KernelCalls;
import io.moelink.nativestubs.abi.ReduceStruct;
import io.moelink.nativestubs.abi.ReorderStruct;
import io.moelink.nativestubs.abi.ScaleStruct;
import io.moelink.nativestubs.abi.ScatterStruct;
import io.moelink.nativestubs.abi.Structs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The row kernels in C, on the regions of a transport or on any memory of this process. The structs
 * of the arguments are written again at each call; nothing is allocated.
 *
 * <p>C sees addresses. Regions are held while it works on them; that no other thread frees the
 * memory of index arrays during the call is for the caller to see to.
 */
public final class NativeRowKernels implements RowKernels {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private final Context context;
  private final KernelCalls calls;
  private final Operands operands;
  private final MemorySegment gather;
  private final MemorySegment scatter;
  private final MemorySegment reduce;
  private final MemorySegment dot;
  private final MemorySegment scale;
  private final MemorySegment reorder;
  private final MemorySegment fill;
  private MemorySegment buffers = MemorySegment.NULL;

  private NativeRowKernels(Context context) {
    this.context = context;
    this.calls = context.fabric().kernels();
    this.operands = new Operands(context);
    Arena arena = Arena.ofAuto();
    this.gather = GatherStruct.allocate(arena);
    this.scatter = ScatterStruct.allocate(arena);
    this.reduce = ReduceStruct.allocate(arena);
    this.dot = DotStruct.allocate(arena);
    this.scale = ScaleStruct.allocate(arena);
    this.reorder = ReorderStruct.allocate(arena);
    this.fill = FillStruct.allocate(arena);
  }

  /** Kernels of a transport, with its regions and compute units. */
  static NativeRowKernels of(Context context) {
    return new NativeRowKernels(context);
  }

  /** Kernels without a transport, on memory of this process and the calling thread. */
  public static NativeRowKernels onHost(Fabric fabric) {
    return new NativeRowKernels(new Context(fabric, KernelCalls.NO_CONTEXT, "host", 0));
  }

  @Override
  public String name() {
    return "c-" + context.fabric().isa();
  }

  @Override
  public void gatherRows(Span dst, Span src, long rowBytes, int count, MemorySegment srcRows) {
    RowChecks.atLeast("gatherRows", "rowBytes", rowBytes, 1);
    RowChecks.atLeast("gatherRows", "count", count, 0);
    try {
      operands.rows(gather, GatherStruct.DST, dst, rowBytes);
      operands.rows(gather, GatherStruct.SRC, src, rowBytes);
      gather.set(LONG, GatherStruct.ROW_BYTES, rowBytes);
      gather.set(LONG, GatherStruct.COUNT, count);
      operands.optional(gather, GatherStruct.SRC_ROWS, "gatherRows", "srcRows", srcRows, count);
      call("gatherRows", Kernel.GATHER, gather);
    } finally {
      operands.letGo();
    }
  }

  @Override
  public void scatterRows(ScatterRows rows, int count) {
    String kernel = "scatterRows";
    RowChecks.atLeast(kernel, "count", count, 0);
    if (count == 0) {
      return;
    }
    try {
      MemorySegment to = scatter;
      to.set(INT, ScatterStruct.TARGET_COUNT, rows.targets().size());
      to.set(ValueLayout.ADDRESS, ScatterStruct.TARGETS, buffers(rows.targets(), rows.rowBytes()));
      operands.rows(to, ScatterStruct.SRC, rows.src(), rows.rowBytes());
      to.set(LONG, ScatterStruct.ROW_BYTES, rows.rowBytes());
      to.set(LONG, ScatterStruct.COUNT, count);
      long places = Operands.length(rows.dstRows());
      if (rows.dstTarget() != null) {
        places = Math.min(places, Operands.length(rows.dstTarget()));
      }
      to.set(LONG, ScatterStruct.PLACE_LENGTH, places);
      operands.optional(to, ScatterStruct.SRC_ROWS, kernel, "srcRows", rows.srcRows(), count);
      operands.array(to, ScatterStruct.DST_START, kernel, "dstStart", rows.dstStart(), count + 1L);
      operands.optional(to, ScatterStruct.DST_TARGET, kernel, "dstTarget", rows.dstTarget(), 0);
      operands.array(to, ScatterStruct.DST_ROWS, kernel, "dstRows", rows.dstRows(), 0);
      call(kernel, Kernel.SCATTER, to);
    } finally {
      operands.letGo();
    }
  }

  @Override
  public void reduceRows(ReduceRows sum, int count) {
    String kernel = "reduceRows";
    RowChecks.atLeast(kernel, "count", count, 0);
    if (count == 0) {
      return;
    }
    try {
      MemorySegment to = reduce;
      long srcRowBytes = (long) sum.hidden() * sum.srcType().bytes();
      operands.rows(to, ReduceStruct.DST, sum.dst(), (long) sum.hidden() * sum.dstType().bytes());
      to.set(INT, ReduceStruct.DST_TYPE, sum.dstType().ordinal());
      to.set(INT, ReduceStruct.SRC_TYPE, sum.srcType().ordinal());
      to.set(INT, ReduceStruct.PARTIAL_TYPE, sum.partialType().ordinal());
      to.set(INT, ReduceStruct.SOURCE_COUNT, sum.sources().size());
      to.set(ValueLayout.ADDRESS, ReduceStruct.SOURCES, buffers(sum.sources(), srcRowBytes));
      to.set(LONG, ReduceStruct.HIDDEN, sum.hidden());
      to.set(LONG, ReduceStruct.COUNT, count);
      setIndexes(kernel, sum, count);
      call(kernel, Kernel.REDUCE, to);
    } finally {
      operands.letGo();
    }
  }

  /** The buffers that a call reads or writes, as C takes them; good until the next call. */
  private MemorySegment buffers(List<Span> spans, long rowBytes) {
    if (buffers.byteSize() < spans.size() * Structs.ROWS_BYTES) {
      buffers = Arena.ofAuto().allocate(spans.size() * Structs.ROWS_BYTES, 8);
    }
    for (int i = 0; i < spans.size(); i++) {
      operands.rows(buffers, Structs.ROWS_BYTES * i, spans.get(i), rowBytes);
    }
    return buffers;
  }

  /** The arrays of a reduce, and how far an index into them may reach. */
  private void setIndexes(String kernel, ReduceRows sum, int count) {
    MemorySegment to = reduce;
    long elements = Operands.length(sum.elemRow());
    if (sum.elemSource() != null) {
      elements = Math.min(elements, Operands.length(sum.elemSource()));
    }
    if (sum.weights() != null) {
      elements = Math.min(elements, Operands.length(sum.weights()));
    }
    long groups =
        sum.elemStart() == null ? elements : Math.max(0, Operands.length(sum.elemStart()) - 1);
    to.set(LONG, ReduceStruct.GROUP_LENGTH, groups);
    to.set(LONG, ReduceStruct.ELEMENT_LENGTH, elements);
    operands.array(
        to, ReduceStruct.GROUP_START, kernel, "groupStart", sum.groupStart(), count + 1L);
    operands.optional(to, ReduceStruct.ELEM_START, kernel, "elemStart", sum.elemStart(), 1);
    operands.optional(to, ReduceStruct.ELEM_SOURCE, kernel, "elemSource", sum.elemSource(), 0);
    operands.array(to, ReduceStruct.ELEM_ROW, kernel, "elemRow", sum.elemRow(), 0);
    operands.optional(to, ReduceStruct.WEIGHTS, kernel, "weights", sum.weights(), 0);
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
    String kernel = "dotRows";
    RowChecks.atLeast(kernel, "hidden", hidden, 1);
    RowChecks.atLeast(kernel, "count", count, 0);
    RowChecks.fits(kernel, "out", out, Float.BYTES, count);
    try {
      long rowBytes = (long) hidden * type.bytes();
      operands.bytes(dot, DotStruct.OUT, out);
      operands.rows(dot, DotStruct.A, a, rowBytes);
      operands.rows(dot, DotStruct.B, b, rowBytes);
      operands.optional(dot, DotStruct.A_ROWS, kernel, "aRows", aRows, count);
      operands.optional(dot, DotStruct.B_ROWS, kernel, "bRows", bRows, count);
      dot.set(INT, DotStruct.TYPE, type.ordinal());
      dot.set(LONG, DotStruct.HIDDEN, hidden);
      dot.set(LONG, DotStruct.COUNT, count);
      call(kernel, Kernel.DOT, dot);
    } finally {
      operands.letGo();
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
    String kernel = "scaleRows";
    RowChecks.atLeast(kernel, "hidden", hidden, 1);
    RowChecks.atLeast(kernel, "count", count, 0);
    if (count == 0) {
      return;
    }
    try {
      long rowBytes = (long) hidden * type.bytes();
      operands.rows(scale, ScaleStruct.DST, dst, rowBytes);
      operands.rows(scale, ScaleStruct.SRC, src, rowBytes);
      operands.optional(scale, ScaleStruct.SRC_ROWS, kernel, "srcRows", srcRows, count);
      operands.array(scale, ScaleStruct.WEIGHTS, kernel, "weights", weights, count);
      scale.set(INT, ScaleStruct.TYPE, type.ordinal());
      scale.set(LONG, ScaleStruct.HIDDEN, hidden);
      scale.set(LONG, ScaleStruct.COUNT, count);
      call(kernel, Kernel.SCALE, scale);
    } finally {
      operands.letGo();
    }
  }

  @Override
  public void reorder(Span dst, Span src, int elementBytes, int rows, int columns) {
    RowChecks.atLeast("reorder", "rows", rows, 0);
    RowChecks.atLeast("reorder", "columns", columns, 0);
    if (elementBytes > 0) {
      RowChecks.fits("reorder", "dst", dst, elementBytes, (long) rows * columns);
      RowChecks.fits("reorder", "src", src, elementBytes, (long) rows * columns);
    }
    try {
      operands.bytes(reorder, ReorderStruct.DST, dst);
      operands.bytes(reorder, ReorderStruct.SRC, src);
      reorder.set(INT, ReorderStruct.ELEMENT_BYTES, elementBytes);
      reorder.set(LONG, ReorderStruct.ROWS, rows);
      reorder.set(LONG, ReorderStruct.COLUMNS, columns);
      call("reorder", Kernel.REORDER, reorder);
    } finally {
      operands.letGo();
    }
  }

  @Override
  public void settle(MemorySegment memory) {
    HugePages.collapse(memory);
  }

  @Override
  public void fill(Span dst, long bytes, byte value) {
    RowChecks.atLeast("fill", "bytes", bytes, 0);
    RowChecks.fits("fill", "dst", dst, 1, bytes);
    try {
      operands.bytes(fill, FillStruct.DST, dst);
      fill.set(LONG, FillStruct.BYTES, bytes);
      fill.set(INT, FillStruct.VALUE, value & 0xff);
      call("fill", Kernel.FILL, fill);
    } finally {
      operands.letGo();
    }
  }

  private void call(String kernel, Kernel function, MemorySegment arguments) {
    int code = calls.call(function, context.token(), arguments);
    if (code != Codes.OK) {
      throw operands.failure(kernel, code);
    }
  }
}
