package io.moelink.cli;

import io.moelink.kernel.ElementType;
import io.moelink.layout.InvalidInputException;
import picocli.CommandLine.Option;

/** The options that say what a hidden row is. */
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

  /** Elements of a row, as given: whoever uses it checks it. */
  public int hidden() {
    return hidden;
  }

  /** The type of an element. */
  public ElementType elementType() {
    try {
      return ElementType.parse(dtype);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "--dtype: found " + dtype + ", expected bf16, fp16 or fp32", e);
    }
  }
}
