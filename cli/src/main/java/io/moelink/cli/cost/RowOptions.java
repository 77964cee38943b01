package io.moelink.cli.cost;

import io.moelink.kernel.ElementType;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.cost.RowShape;
import picocli.CommandLine.Option;

/** The options that say what a row weighs and how it is cut. */
public final class RowOptions {
  @Option(
      names = "--hidden",
      paramLabel = "H",
      defaultValue = "7168",
      description = "Elements of a row (default: ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "bf16",
      description = "bf16, fp16 or fp32 (default: ${DEFAULT-VALUE}).")
  private String dtype;

  @Option(
      names = "--chunk-rows",
      paramLabel = "N",
      defaultValue = "256",
      description = "Rows that a push sends at once (default: ${DEFAULT-VALUE}).")
  private int chunkRows;

  /** The rows that were asked for. */
  public RowShape shape() {
    if (hidden < 1 || hidden > 1 << 24) {
      throw new InvalidInputException("--hidden: found " + hidden + ", expected 1 to " + (1 << 24));
    }
    if (chunkRows < 1) {
      throw new InvalidInputException("--chunk-rows: found " + chunkRows + ", expected 1 or more");
    }
    return new RowShape((long) hidden * elementBytes(), chunkRows);
  }

  private int elementBytes() {
    try {
      return ElementType.parse(dtype).bytes();
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "--dtype: found " + dtype + ", expected bf16, fp16 or fp32", e);
    }
  }
}
