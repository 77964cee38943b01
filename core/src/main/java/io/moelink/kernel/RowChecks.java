package io.moelink.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Argument checks for those who write kernels, so that all kernels say the same words. Each throws
 * {@link IllegalArgumentException} with one line.
 */
public final class RowChecks {
  private RowChecks() {}

  /** That a number is not below the least that it may be. */
  public static void atLeast(String kernel, String what, long found, long least) {
    if (found < least) {
      throw new IllegalArgumentException(
          "%s: %s=%d, expected at least %d".formatted(kernel, what, found, least));
    }
  }

  /** Rows that fit between a span and the end of its region, at most what an index can say. */
  public static int rowsAfter(Span span, long rowBytes) {
    return (int) Math.min(Integer.MAX_VALUE, (span.region().byteSize() - span.offset()) / rowBytes);
  }

  /** That {@code rows} rows fit after a span. */
  public static void fits(String kernel, String operand, Span span, long rowBytes, long rows) {
    long left = span.region().byteSize() - span.offset();
    if (rows > left / rowBytes) {
      throw new IllegalArgumentException(
          "%s: %s region '%s' of rank=%d has %d bytes after offset=%d, expected %d rows of %d bytes"
              .formatted(
                  kernel,
                  operand,
                  span.region().purpose(),
                  span.region().rank(),
                  left,
                  span.offset(),
                  rows,
                  rowBytes));
    }
  }

  /** That an array of 4-byte values is off-heap, aligned and long enough. */
  public static void array(String kernel, String name, MemorySegment array, long length) {
    if (array == null) {
      throw new IllegalArgumentException(
          "%s: %s is null, expected %d values".formatted(kernel, name, length));
    }
    if (!array.isNative() || (array.address() & 3) != 0) {
      throw new IllegalArgumentException(
          "%s: %s is on the heap or not aligned to 4 bytes, expected aligned off-heap memory"
              .formatted(kernel, name));
    }
    if (array.byteSize() / 4 < length) {
      throw new IllegalArgumentException(
          "%s: %s holds %d values, expected %d"
              .formatted(kernel, name, array.byteSize() / 4, length));
    }
  }

  /** That an array holds {@code length} indexes below {@code limit}. */
  static void indexes(String kernel, String name, MemorySegment array, int length, int limit) {
    array(kernel, name, array, length);
    for (int i = 0; i < length; i++) {
      int found = index(array, i);
      if (found < 0 || found >= limit) {
        throw outside(kernel, name, i, found, limit);
      }
    }
  }

  /** Indexes of rows after a span; without an array, the rows 0 to {@code count - 1}. */
  static void rows(
      String kernel, String name, MemorySegment rows, int count, Span span, long rowBytes) {
    if (rows == null) {
      fits(kernel, name, span, rowBytes, count);
    } else {
      indexes(kernel, name, rows, count, rowsAfter(span, rowBytes));
    }
  }

  /**
   * That an array holds {@code length} rows, each of the buffer that another array names for it.
   *
   * @param of the buffers; null: the first throughout
   */
  static void rowsOf(
      String kernel,
      String ofName,
      MemorySegment of,
      String rowName,
      MemorySegment rows,
      int length,
      List<Span> buffers,
      long rowBytes) {
    if (of == null) {
      indexes(kernel, rowName, rows, length, rowsAfter(buffers.getFirst(), rowBytes));
      return;
    }
    indexes(kernel, ofName, of, length, buffers.size());
    array(kernel, rowName, rows, length);
    for (int i = 0; i < length; i++) {
      Span buffer = buffers.get(index(of, i));
      int row = index(rows, i);
      long left = buffer.region().byteSize() - buffer.offset();
      if (row < 0 || (row + 1L) * rowBytes > left) {
        throw outside(kernel, rowName, i, row, rowsAfter(buffer, rowBytes));
      }
    }
  }

  /** That an array holds {@code length + 1} values from 0 up that do not fall; returns the last. */
  static int starts(String kernel, String name, MemorySegment array, int length) {
    array(kernel, name, array, length + 1L);
    int before = 0;
    for (int i = 0; i <= length; i++) {
      int found = index(array, i);
      if (found < before) {
        throw new IllegalArgumentException(
            "%s: %s[%d]=%d, expected at least %d".formatted(kernel, name, i, found, before));
      }
      before = found;
    }
    return before;
  }

  static IllegalArgumentException outside(
      String kernel, String name, int at, int found, int limit) {
    return new IllegalArgumentException(
        "%s: %s[%d]=%d is outside 0..%d".formatted(kernel, name, at, found, limit - 1));
  }

  static int index(MemorySegment array, int at) {
    return array.get(ValueLayout.JAVA_INT, 4L * at);
  }
}
