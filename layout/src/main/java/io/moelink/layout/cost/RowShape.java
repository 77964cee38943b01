package io.moelink.layout.cost;

import io.moelink.layout.InvalidInputException;

/**
 * The form of the rows of an exchange.
 *
 * @param rowBytes bytes of a row, 1 or more
 * @param chunkRows rows that a push sends at once, 1 or more
 */
public record RowShape(long rowBytes, int chunkRows) {
  /** The chunk that {@link #of} takes. */
  public static final int CHUNK_ROWS = 256;

  /** The largest row. */
  public static final long ROW_BYTES_MAX = 1L << 30;

  public RowShape {
    if (rowBytes < 1 || rowBytes > ROW_BYTES_MAX) {
      throw new InvalidInputException(
          "row bytes: found " + rowBytes + ", expected 1 to " + ROW_BYTES_MAX);
    }
    if (chunkRows < 1) {
      throw new InvalidInputException("chunk rows: found " + chunkRows + ", expected 1 or more");
    }
  }

  /** Rows of that size in chunks of {@link #CHUNK_ROWS}. */
  public static RowShape of(long rowBytes) {
    return new RowShape(rowBytes, CHUNK_ROWS);
  }
}
