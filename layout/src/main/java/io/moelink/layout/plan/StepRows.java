package io.moelink.layout.plan;

/**
 * The rows of one step, once the routing is known: what a row kernel is given. Arrays may be longer
 * than what they hold, and all of it is good until the binder that gave it works out another step.
 */
public abstract sealed class StepRows {
  private int count;

  private StepRows() {}

  /** Rows written (copy, sum, reorder) or read (scatter). */
  public final int count() {
    return count;
  }

  final void setCount(int value) {
    count = value;
  }

  /** Row i of the written buffer is row {@code from[i]} of the read one. */
  public static final class Copy extends StepRows {
    private int[] from;

    Copy() {}

    Copy of(int rows, int[] fromRows) {
      setCount(rows);
      from = fromRows;
      return this;
    }

    /** Null where both buffers hold the same rows in the same order. */
    public int[] from() {
      return from;
    }
  }

  /**
   * Row {@code from[i]} is read once and written to rows {@code to[start[i]]} up to {@code
   * to[start[i + 1] - 1]}, each of the written buffer {@code target[...]} of the same place.
   */
  public static final class Scatter extends StepRows {
    private int[] from;
    private int[] start;
    private int[] target;
    private int[] to;

    Scatter() {}

    Scatter of(int rows, int[] fromRows, int[] starts, int[] targets, int[] toRows) {
      setCount(rows);
      from = fromRows;
      start = starts;
      target = targets;
      to = toRows;
      return this;
    }

    /** Null where row i is read i-th. */
    public int[] from() {
      return from;
    }

    public int[] start() {
      return start;
    }

    /** Which of the buffers that the step writes; null where it writes one. */
    public int[] target() {
      return target;
    }

    public int[] to() {
      return to;
    }

    /** Rows written. */
    public int written() {
      return start[count()];
    }
  }

  /**
   * Row i is the sum of its groups, each group the sum of its elements. Group g of row i has {@code
   * groupStart[i] <= g < groupStart[i + 1]}; element e of group g likewise by {@code elementStart}.
   * A row without groups is zero.
   */
  public static final class Sum extends StepRows {
    int[] groupStart = {};
    int[] elementStart = {};
    int[] elementSource = {};
    int[] elementRow = {};
    float[] weights = {};
    boolean grouped;
    int elements;

    Sum() {}

    public int[] groupStart() {
      return groupStart;
    }

    /** Groups of all rows. */
    public int groups() {
      return groupStart[count()];
    }

    /** Null where every group is one element of the same number. */
    public int[] elementStart() {
      return grouped ? elementStart : null;
    }

    /** Elements of all groups. */
    public int elements() {
      return elements;
    }

    /** Which addend of the step each element is read from. */
    public int[] elementSource() {
      return elementSource;
    }

    /** The row of each element there. */
    public int[] elementRow() {
      return elementRow;
    }

    /** The weight of each element; null where none is weighted. */
    public float[] weights() {
      return grouped ? weights : null;
    }
  }

  /** All rows, transposed. */
  public static final class Whole extends StepRows {
    Whole() {}

    Whole of(int rows) {
      setCount(rows);
      return this;
    }
  }
}
