package io.moelink.nativestubs;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Row kernels in C. With a context, operands are regions of that context and its compute units do
 * the work; without, they are memory of this process and the calling thread does it. The argument
 * structs are made once and filled for every call.
 */
final class NativeRowKernels implements RowKernels {
  private static final long CTX_NONE = 0;
  private static final int GATHER = 0x31544147;
  private static final int SCATTER = 0x31544353;
  private static final int REDUCE = 0x31444552;
  private static final int DOT = 0x31544f44;
  private static final int SCALE = 0x314c4353;
  private static final int REORDER = 0x3144524f;
  private static final int FILL = 0x314c4946;

  private final long ctx;
  private final String name;
  private final Arena arena = Arena.ofAuto();
  private final Struct gather = new Struct("gatherRows", FabricLayouts.GATHER, GATHER);
  private final Struct scatter = new Struct("scatterRows", FabricLayouts.SCATTER, SCATTER);
  private final Struct reduce = new Struct("reduceRows", FabricLayouts.REDUCE, REDUCE);
  private final Struct dot = new Struct("dotRows", FabricLayouts.DOT, DOT);
  private final Struct scale = new Struct("scaleRows", FabricLayouts.SCALE, SCALE);
  private final Struct reorder = new Struct("reorder", FabricLayouts.REORDER, REORDER);
  private final Struct fill = new Struct("fill", FabricLayouts.FILL, FILL);
  private final List<Region> held = new ArrayList<>();
  private MemorySegment sources = arena.allocate(FabricLayouts.ROWS, 16);

  /** Kernels on memory of this process. */
  NativeRowKernels() {
    this(CTX_NONE);
  }

  /** Kernels on the regions of a context, which must be open for as long as they are used. */
  NativeRowKernels(long ctx) {
    this.ctx = ctx;
    MemorySegment text = arena.allocate(16);
    FabricError.check(ctx, "isa", Fabric.isa(text.address(), text.byteSize()));
    name = "c-" + text.getString(0);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void gatherRows(Span dst, Span src, long rowBytes, int count, MemorySegment srcRows) {
    try {
      requireCount("gatherRows", count);
      gather.rows("dst", dst, rowBytes);
      gather.rows("src", src, rowBytes);
      gather.set("row_bytes", rowBytes);
      gather.set("count", count);
      gather.indexes("src_rows", srcRows, count);
      check("gatherRows", Fabric.gatherRows(ctx, gather.address()));
    } finally {
      letGo();
    }
  }

  @Override
  public void scatterRows(
      Span dst,
      Span src,
      long rowBytes,
      int count,
      MemorySegment srcRows,
      MemorySegment dstStart,
      MemorySegment dstRows) {
    try {
      requireCount("scatterRows", count);
      requirePresent("scatterRows", "dstStart", dstStart);
      requirePresent("scatterRows", "dstRows", dstRows);
      scatter.rows("dst", dst, rowBytes);
      scatter.rows("src", src, rowBytes);
      scatter.set("row_bytes", rowBytes);
      scatter.set("count", count);
      scatter.indexes("src_rows", srcRows, count);
      scatter.indexes("dst_start", dstStart, count + 1L);
      scatter.indexes("dst_rows", dstRows, 0);
      scatter.set("dst_row_length", dstRows.byteSize() / Integer.BYTES);
      check("scatterRows", Fabric.scatterRows(ctx, scatter.address()));
    } finally {
      letGo();
    }
  }

  @Override
  public void reduceRows(ReduceRows sum) {
    try {
      long srcBytes = (long) sum.hidden() * sum.srcType().bytes();
      writeSources(sum.sources(), srcBytes);
      long elements = sum.elemRow().byteSize() / Integer.BYTES;
      reduce.rows("dst", sum.dst(), (long) sum.hidden() * sum.dstType().bytes());
      reduce.setInt("dst_type", code(sum.dstType()));
      reduce.setInt("src_type", code(sum.srcType()));
      reduce.setInt("partial_type", code(sum.partialType()));
      reduce.setInt("source_count", sum.sources().size());
      reduce.set("sources", sources.address());
      reduce.set("hidden", sum.hidden());
      reduce.set("count", sum.count());
      reduce.set(
          "group_length",
          sum.elemStart() == null ? elements : sum.elemStart().byteSize() / Integer.BYTES - 1);
      reduce.set("element_length", elements);
      reduce.indexes("group_start", sum.groupStart(), sum.count() + 1L);
      reduce.indexes("elem_start", sum.elemStart(), 0);
      reduce.indexes("elem_source", sum.elemSource(), 0);
      reduce.indexes("elem_row", sum.elemRow(), 0);
      reduce.indexes("weights", sum.weights(), 0);
      check("reduceRows", Fabric.reduceRows(ctx, reduce.address()));
    } finally {
      letGo();
    }
  }

  private void writeSources(List<Span> spans, long rowBytes) {
    long size = FabricLayouts.ROWS.byteSize();
    if (sources.byteSize() < spans.size() * size) {
      sources = arena.allocate(FabricLayouts.ROWS, 2L * spans.size());
    }
    for (int i = 0; i < spans.size(); i++) {
      writeRows(sources, i * size, spans.get(i), rowBytes);
    }
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
    try {
      requireCount("dotRows", count);
      dot.operand("out", out);
      requireRoom("dotRows", "out", out, (long) count * Float.BYTES);
      dot.rows("a", a, (long) hidden * type.bytes());
      dot.rows("b", b, (long) hidden * type.bytes());
      dot.indexes("a_rows", aRows, count);
      dot.indexes("b_rows", bRows, count);
      dot.setInt("type", code(type));
      dot.set("hidden", hidden);
      dot.set("count", count);
      check("dotRows", Fabric.dotRows(ctx, dot.address()));
    } finally {
      letGo();
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
    try {
      requireCount("scaleRows", count);
      requirePresent("scaleRows", "weights", weights);
      scale.rows("dst", dst, (long) hidden * type.bytes());
      scale.rows("src", src, (long) hidden * type.bytes());
      scale.indexes("src_rows", srcRows, count);
      scale.indexes("weights", weights, count);
      scale.setInt("type", code(type));
      scale.set("hidden", hidden);
      scale.set("count", count);
      check("scaleRows", Fabric.scaleRows(ctx, scale.address()));
    } finally {
      letGo();
    }
  }

  @Override
  public void reorder(Span dst, Span src, int elementBytes, int rows, int columns) {
    try {
      if (rows < 0 || columns < 0) {
        throw new IllegalArgumentException(
            "reorder: rows=" + rows + " columns=" + columns + ", expected 0 or more of both");
      }
      long bytes = (long) rows * columns * elementBytes;
      requireRoom("reorder", "dst", dst, bytes);
      requireRoom("reorder", "src", src, bytes);
      reorder.operand("dst", dst);
      reorder.operand("src", src);
      reorder.setInt("element_bytes", elementBytes);
      reorder.set("rows", rows);
      reorder.set("columns", columns);
      check("reorder", Fabric.reorder(ctx, reorder.address()));
    } finally {
      letGo();
    }
  }

  @Override
  public void fill(Span dst, long bytes, byte value) {
    try {
      requireRoom("fill", "dst", dst, bytes);
      fill.operand("dst", dst);
      fill.set("bytes", bytes);
      fill.setInt("value", value & 0xFF);
      check("fill", Fabric.fill(ctx, fill.address()));
    } finally {
      letGo();
    }
  }

  private void check(String kernel, int code) {
    FabricError.check(ctx, kernel, code);
  }

  /** Keeps memory of another rank from being freed while C works on its address. */
  private void hold(Region region) {
    region.hold();
    held.add(region);
  }

  private void letGo() {
    for (int i = 0; i < held.size(); i++) {
      held.get(i).letGo();
    }
    held.clear();
  }

  private static int code(ElementType type) {
    return switch (type) {
      case BF16 -> 0;
      case FP16 -> 1;
      case FP32 -> 2;
    };
  }

  private static void requireCount(String kernel, int count) {
    if (count < 0) {
      throw new IllegalArgumentException(kernel + ": count=" + count + ", expected at least 0");
    }
  }

  private static void requirePresent(String kernel, String array, MemorySegment segment) {
    if (segment == null) {
      throw new IllegalArgumentException(kernel + ": " + array + " is null");
    }
  }

  private static void requireRoom(String kernel, String operand, Span span, long bytes) {
    long room = span.region().byteSize() - span.offset();
    if (bytes < 0 || bytes > room) {
      throw new IllegalArgumentException(
          "%s: %s region '%s' of rank=%d: offset=%d bytes=%d is outside its %d bytes"
              .formatted(
                  kernel,
                  operand,
                  span.region().purpose(),
                  span.region().rank(),
                  span.offset(),
                  bytes,
                  span.region().byteSize()));
    }
  }

  /** Writes a place where rows are, and how many fit there. */
  private void writeRows(MemorySegment to, long at, Span span, long rowBytes) {
    writeOperand(to, at, span);
    long room = span.region().byteSize() - span.offset();
    to.set(JAVA_LONG, at + 16, rowBytes < 1 ? 0 : room / rowBytes);
  }

  private void writeOperand(MemorySegment to, long at, Span span) {
    if (ctx == CTX_NONE) {
      hold(span.region());
      to.set(JAVA_LONG, at, 0);
      to.set(JAVA_LONG, at + 8, span.region().segment().address() + span.offset());
    } else {
      to.set(JAVA_LONG, at, ((FabricRegion) span.region()).usableHandle());
      to.set(JAVA_LONG, at + 8, span.offset());
    }
  }

  /** One argument struct. */
  private final class Struct {
    private final String kernel;
    private final StructLayout layout;
    private final MemorySegment memory;

    Struct(String kernel, StructLayout layout, int magic) {
      this.kernel = kernel;
      this.layout = layout;
      memory = arena.allocate(layout);
      FabricLayouts.start(memory, layout, magic);
    }

    long address() {
      return memory.address();
    }

    void set(String field, long value) {
      memory.set(JAVA_LONG, FabricLayouts.offset(layout, field), value);
    }

    void setInt(String field, int value) {
      memory.set(JAVA_INT, FabricLayouts.offset(layout, field), value);
    }

    void rows(String field, Span span, long rowBytes) {
      writeRows(memory, FabricLayouts.offset(layout, field), span, rowBytes);
    }

    void operand(String field, Span span) {
      writeOperand(memory, FabricLayouts.offset(layout, field), span);
    }

    /** An array of 4-byte values of this process, or none; {@code length} of them are needed. */
    void indexes(String field, MemorySegment array, long length) {
      if (array != null && (!array.isNative() || array.byteSize() < length * Integer.BYTES)) {
        throw new IllegalArgumentException(
            "%s: %s has %d bytes%s, expected %d off-heap"
                .formatted(
                    kernel,
                    field,
                    array.byteSize(),
                    array.isNative() ? "" : " on the heap",
                    length * Integer.BYTES));
      }
      long at = FabricLayouts.offset(layout, field);
      memory.set(JAVA_LONG, at, 0);
      memory.set(JAVA_LONG, at + 8, array == null ? 0 : array.address());
    }
  }
}
