package io.moelink.cli.cost;

import io.moelink.cli.RowOptions;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.cost.RowShape;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say what a row weighs and how it is cut. */
public final class ShapeOptions {
  @Mixin private RowOptions row;

  @Option(
      names = "--chunk-rows",
      paramLabel = "N",
      defaultValue = "256",
      description = "Rows that a push sends at once (default: ${DEFAULT-VALUE}).")
  private int chunkRows;

  /** The rows that were asked for. */
  public RowShape shape() {
    int hidden = row.hidden();
    if (hidden < 1 || hidden > 1 << 24) {
      throw new InvalidInputException("--hidden: found " + hidden + ", expected 1 to " + (1 << 24));
    }
    if (chunkRows < 1) {
      throw new InvalidInputException("--chunk-rows: found " + chunkRows + ", expected 1 or more");
    }
    return new RowShape((long) hidden * row.elementType().bytes(), chunkRows);
  }
}
