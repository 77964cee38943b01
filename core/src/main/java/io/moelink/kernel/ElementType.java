package io.moelink.kernel;

import java.util.Locale;

/** The element types that sums know. Rows of any other content can be moved but not reduced. */
public enum ElementType {
  /** The upper half of an IEEE binary32: 8 bits of exponent, 7 of fraction. */
  BF16(2),
  /** IEEE binary16. */
  FP16(2),
  /** IEEE binary32. */
  FP32(4);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The type with this name, in any case. */
  public static ElementType parse(String name) {
    String wanted = name.trim().toUpperCase(Locale.ROOT);
    for (ElementType type : values()) {
      if (type.name().equals(wanted)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "element type '" + name + "' is not known, expected one of bf16, fp16, fp32");
  }
}
