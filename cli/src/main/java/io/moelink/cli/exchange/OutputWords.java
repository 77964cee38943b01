package io.moelink.cli.exchange;

import io.moelink.kernel.ElementType;
import io.moelink.layout.npy.NpyType;

/** How rows stand in .npy files, which know no BF16. */
final class OutputWords {
  private OutputWords() {}

  /** 16-bit words for the 16-bit types, float32 for FP32. */
  static NpyType of(ElementType type) {
    return type == ElementType.FP32 ? NpyType.FLOAT32 : NpyType.UINT16;
  }
}
