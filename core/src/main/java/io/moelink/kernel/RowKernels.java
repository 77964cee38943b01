package io.moelink.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The SPC family: kernels over rows in regions that this rank can load from.
 *
 * <p>Rows are dense, one row's bytes apart, from a span. Index arrays are off-heap int32 segments,
 * aligned to 4 bytes, and weights off-heap float32 segments; a segment may be longer than needed.
 * Destination and source must not overlap, and no two rows of one call may be written to the same
 * place. Spans need no alignment beyond that of their element.
 *
 * <p><b>Bits.</b> Every implementation gives the same bits. Arithmetic is float32: each product is
 * rounded, then each sum, with no fused multiply-add and no other order than the one that is
 * written at the method; rounding to BF16 and FP16 is to nearest even, denormals are kept. A NaN
 * that a kernel with arithmetic writes ({@code reduceRows}, {@code dotRows}, {@code scaleRows}) is
 * always the canonical one, BF16 {@code 0x7FC0}, FP16 {@code 0x7E00}, FP32 {@code 0x7FC00000}:
 * which of two NaNs an addition passes on, and the sign of the NaN of inf - inf, differ between
 * processors. Kernels that only move rows keep every bit.
 *
 * <p><b>Errors.</b> Every size and index is checked before the first byte is written; a bad one
 * gives an {@link IllegalArgumentException} with one line: kernel, operand, found, expected. A
 * region that cannot be used gives what {@link Region#segment()} throws.
 *
 * <p><b>Threads.</b> One thread at a time, since an object keeps scratch memory. A call returns
 * when its bytes are written; what is needed to show them to another rank is a signal.
 */
public interface RowKernels {
  /** A name for messages, such as {@code java} or {@code c-avx512}. */
  String name();

  /**
   * Copies rows: row {@code i} of {@code dst} becomes row {@code srcRows[i]} of {@code src}.
   *
   * @param rowBytes bytes of a row, at least 1
   * @param count rows to write
   * @param srcRows int32[count], or null for row {@code i} itself
   */
  void gatherRows(Span dst, Span src, long rowBytes, int count, MemorySegment srcRows);

  /**
   * Places rows, each read once and written as often as wanted, in one target or several.
   *
   * @param count rows to read
   */
  void scatterRows(ScatterRows rows, int count);

  /**
   * Sums rows in groups. A group's sum starts with its first term, adds the others in order, and is
   * rounded to the partial type; the output starts with its first group's sum, adds the others in
   * order, and is rounded to the output type. A term is {@code weights[e] * x} or, without weights,
   * {@code x}. A group with no element is left out; a row with no term is all +0.
   *
   * @param count output rows
   */
  void reduceRows(ReduceRows sum, int count);

  /**
   * Dot products: {@code out[i]} is that of row {@code aRows[i]} of {@code a} and row {@code
   * bRows[i]} of {@code b}. The order of the sum: 16 lanes start from +0, lane {@code j} adds the
   * products of the elements {@code j, j+16, j+32, ...}; then lane {@code j} adds lane {@code j+8}
   * for {@code j} below 8, and so with 4, 2 and 1; the result is lane 0.
   *
   * @param out float32[count], written; need not be aligned to more than 4 bytes
   * @param aRows int32[count], or null for row {@code i} itself
   * @param bRows int32[count], or null for row {@code i} itself
   * @param hidden elements of a row, at least 1
   */
  void dotRows(
      Span out,
      Span a,
      MemorySegment aRows,
      Span b,
      MemorySegment bRows,
      ElementType type,
      int hidden,
      int count);

  /**
   * Scales rows: row {@code i} of {@code dst} is {@code weights[i]} times row {@code srcRows[i]} of
   * {@code src}, rounded to the type of both.
   *
   * @param srcRows int32[count], or null for row {@code i} itself
   * @param hidden elements of a row, at least 1
   * @param weights float32[count]
   */
  void scaleRows(
      Span dst,
      Span src,
      MemorySegment srcRows,
      ElementType type,
      int hidden,
      int count,
      MemorySegment weights);

  /**
   * Transposes a matrix: element {@code r * columns + c} of {@code src} becomes element {@code c *
   * rows + r} of {@code dst}.
   *
   * @param elementBytes bytes of an element, 1, 2, 4 or 8
   * @param rows rows of the source
   * @param columns columns of the source
   */
  void reorder(Span dst, Span src, int elementBytes, int rows, int columns);

  /** Sets {@code bytes} bytes from {@code dst} on to {@code value}. */
  void fill(Span dst, long bytes, byte value);

  /**
   * Lays memory of this process so that kernels are fast on it, such as in huge pages; what is in
   * it stays. For memory that was just allocated: it may take a millisecond for each 2 MiB.
   */
  default void settle(MemorySegment memory) {
    // as it is
  }
}
