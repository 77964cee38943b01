package io.moelink.execute;

/**
 * How far an operation of a number has come, as the value of a signal: the number in the upper 32
 * bits, the rows that are there in the lower ones. So values grow, and "all" is above every count.
 * Where there is nothing to count, the lower bits say something else, such as where to read on.
 */
final class Progress {
  /** More rows than any buffer has: all. */
  static final int ALL = Integer.MAX_VALUE;

  private Progress() {}

  /** The value of a signal when rows 0 to {@code rows - 1} are there. */
  static long of(long number, int rows) {
    return number << Integer.SIZE | rows;
  }

  /** The value when all is there. */
  static long complete(long number) {
    return of(number, ALL);
  }

  /** Whether a signal is of an operation, or of a later one. */
  static boolean reached(long value, long number) {
    return value >> Integer.SIZE >= number;
  }

  /** What the lower bits of a signal say. */
  static int low(long value) {
    return (int) value;
  }

  /** Rows that are there for an operation, by the value of a signal. */
  static int rows(long value, long number) {
    long of = value >> Integer.SIZE;
    return of == number ? (int) value : of < number ? 0 : ALL;
  }
}
