package io.moelink.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Tiles of a transpose, one loop per element size so that each compiles to plain moves. */
final class Transpose {
  private final MemorySegment to;
  private final long toOffset;
  private final MemorySegment from;
  private final long fromOffset;
  private final int rows;
  private final int columns;

  Transpose(
      MemorySegment to, long toOffset, MemorySegment from, long fromOffset, int rows, int columns) {
    this.to = to;
    this.toOffset = toOffset;
    this.from = from;
    this.fromOffset = fromOffset;
    this.rows = rows;
    this.columns = columns;
  }

  /**
   * Moves the elements of rows {@code row .. rowEnd-1} and columns {@code column .. columnEnd-1}.
   */
  void tile(int elementBytes, int row, int rowEnd, int column, int columnEnd) {
    for (int c = column; c < columnEnd; c++) {
      long write = toOffset + ((long) c * rows + row) * elementBytes;
      long read = fromOffset + ((long) row * columns + c) * elementBytes;
      long step = (long) columns * elementBytes;
      int n = rowEnd - row;
      switch (elementBytes) {
        case 1 -> bytes(write, read, step, n);
        case 2 -> shorts(write, read, step, n);
        case 4 -> ints(write, read, step, n);
        default -> longs(write, read, step, n);
      }
    }
  }

  private void bytes(long write, long read, long step, int n) {
    for (int i = 0; i < n; i++) {
      to.set(ValueLayout.JAVA_BYTE, write + i, from.get(ValueLayout.JAVA_BYTE, read + i * step));
    }
  }

  private void shorts(long write, long read, long step, int n) {
    for (int i = 0; i < n; i++) {
      short value = from.get(ValueLayout.JAVA_SHORT_UNALIGNED, read + i * step);
      to.set(ValueLayout.JAVA_SHORT_UNALIGNED, write + 2L * i, value);
    }
  }

  private void ints(long write, long read, long step, int n) {
    for (int i = 0; i < n; i++) {
      int value = from.get(ValueLayout.JAVA_INT_UNALIGNED, read + i * step);
      to.set(ValueLayout.JAVA_INT_UNALIGNED, write + 4L * i, value);
    }
  }

  private void longs(long write, long read, long step, int n) {
    for (int i = 0; i < n; i++) {
      long value = from.get(ValueLayout.JAVA_LONG_UNALIGNED, read + i * step);
      to.set(ValueLayout.JAVA_LONG_UNALIGNED, write + 8L * i, value);
    }
  }
}
