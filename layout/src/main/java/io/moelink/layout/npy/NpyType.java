package io.moelink.layout.npy;

import java.util.Locale;

/** The element types that are read and written. */
public enum NpyType {
  BOOL("|b1", 1),
  INT8("|i1", 1),
  UINT8("|u1", 1),
  INT16("<i2", 2),
  UINT16("<u2", 2),
  INT32("<i4", 4),
  UINT32("<u4", 4),
  INT64("<i8", 8),
  UINT64("<u8", 8),
  FLOAT16("<f2", 2),
  FLOAT32("<f4", 4),
  FLOAT64("<f8", 8);

  private final String descr;
  private final int bytes;

  NpyType(String descr, int bytes) {
    this.descr = descr;
    this.bytes = bytes;
  }

  /** The type as the header of a file writes it. */
  public String descr() {
    return descr;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** NumPy's name of the type, such as {@code float32}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
