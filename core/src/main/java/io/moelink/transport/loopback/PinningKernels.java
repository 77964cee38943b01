package io.moelink.transport.loopback;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Kernels that hold the memory of their spans while they work. Native kernels see addresses only,
 * and another rank, a thread of this process, may release the memory behind them at any time.
 */
final class PinningKernels implements RowKernels {
  private final RowKernels kernels;

  PinningKernels(RowKernels kernels) {
    this.kernels = kernels;
  }

  @Override
  public String name() {
    return kernels.name();
  }

  @Override
  public void gatherRows(Span dst, Span src, long rowBytes, int count, MemorySegment srcRows) {
    pin(dst, src);
    try {
      kernels.gatherRows(dst, src, rowBytes, count, srcRows);
    } finally {
      unpin(dst, src);
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
    pin(dst, src);
    try {
      kernels.scatterRows(dst, src, rowBytes, count, srcRows, dstStart, dstRows);
    } finally {
      unpin(dst, src);
    }
  }

  @Override
  public void reduceRows(ReduceRows sum) {
    List<Span> sources = sum.sources();
    pin(sum.dst());
    int pinned = 0;
    try {
      for (; pinned < sources.size(); pinned++) {
        pin(sources.get(pinned));
      }
      kernels.reduceRows(sum);
    } finally {
      for (int s = 0; s < pinned; s++) {
        unpin(sources.get(s));
      }
      unpin(sum.dst());
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
    pin(out, a);
    try {
      pin(b);
      try {
        kernels.dotRows(out, a, aRows, b, bRows, type, hidden, count);
      } finally {
        unpin(b);
      }
    } finally {
      unpin(out, a);
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
    pin(dst, src);
    try {
      kernels.scaleRows(dst, src, srcRows, type, hidden, count, weights);
    } finally {
      unpin(dst, src);
    }
  }

  @Override
  public void reorder(Span dst, Span src, int elementBytes, int rows, int columns) {
    pin(dst, src);
    try {
      kernels.reorder(dst, src, elementBytes, rows, columns);
    } finally {
      unpin(dst, src);
    }
  }

  @Override
  public void fill(Span dst, long bytes, byte value) {
    pin(dst);
    try {
      kernels.fill(dst, bytes, value);
    } finally {
      unpin(dst);
    }
  }

  private static void pin(Span first, Span second) {
    pin(first);
    try {
      pin(second);
    } catch (RuntimeException e) {
      unpin(first);
      throw e;
    }
  }

  private static void pin(Span span) {
    // other regions are memory of the caller, and stay as long as the caller lets them
    if (span.region() instanceof LoopbackRegion region) {
      region.memory().pin();
    }
  }

  private static void unpin(Span first, Span second) {
    unpin(first);
    unpin(second);
  }

  private static void unpin(Span span) {
    if (span.region() instanceof LoopbackRegion region) {
      region.memory().unpin();
    }
  }
}
