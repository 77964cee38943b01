package io.moelink;

/** How the caller's rows lie in memory. */
public enum RowOrder {
  /** The elements of a row one after the other. */
  ROW_MAJOR,
  /**
   * Element h of all rows one after the other, [H, rows]: what column-major compute libraries use.
   */
  COLUMN_MAJOR
}
