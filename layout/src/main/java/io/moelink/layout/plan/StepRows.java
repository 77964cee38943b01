package io.moelink.layout.plan;

/** The rows of one step, once the routing is known: what a row kernel is given. */
public sealed interface StepRows {
  /**
   * Row i of the written buffer is row {@code from[i]} of the read one.
   *
   * @param count rows
   * @param from null where both buffers hold the same rows in the same order
   */
  record Copy(int count, int[] from) implements StepRows {}

  /**
   * Row {@code from[i]} is read once and written to rows {@code to[start[i]]} up to {@code
   * to[start[i + 1] - 1]}.
   *
   * @param count rows read
   * @param from null where row i is read i-th
   */
  record Scatter(int count, int[] from, int[] start, int[] to) implements StepRows {}

  /**
   * Row i is the sum of its groups, each group the sum of its elements. Group g of row i has {@code
   * groupStart[i] <= g < groupStart[i + 1]}; element e of group g likewise by {@code elementStart}.
   *
   * @param count rows written; a row without groups is zero
   * @param elementStart null where every group is one element of the same number
   * @param elementSource which addend of the step the element is read from
   * @param elementRow the row there
   * @param weights of the elements; null where none is weighted
   */
  record Sum(
      int count,
      int[] groupStart,
      int[] elementStart,
      int[] elementSource,
      int[] elementRow,
      float[] weights)
      implements StepRows {}

  /**
   * All rows, transposed.
   *
   * @param count rows of the buffer
   */
  record Whole(int count) implements StepRows {}
}
