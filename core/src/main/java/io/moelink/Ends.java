package io.moelink;

import io.moelink.layout.plan.Buffer;
import io.moelink.memory.SharedRegion;

/** Which buffers of a plan are the caller's, and where. */
final class Ends {
  private Ends() {}

  static SharedRegion.Place ofDispatch(
      ExpertGroupConfig config, Buffer buffer, SharedRegion.Place input, SharedRegion.Place rows) {
    boolean columns = config.rowOrder() == RowOrder.COLUMN_MAJOR;
    return switch (buffer.kind()) {
      case INPUT -> columns ? null : input;
      case INPUT_COLUMNS -> input;
      case EXPERT -> columns ? null : rows;
      case EXPERT_COLUMNS -> rows;
      default -> null;
    };
  }

  static SharedRegion.Place ofCombine(
      ExpertGroupConfig config, Buffer buffer, SharedRegion.Place rows, SharedRegion.Place out) {
    boolean columns = config.rowOrder() == RowOrder.COLUMN_MAJOR;
    return switch (buffer.kind()) {
      case EXPERT -> columns ? null : rows;
      case EXPERT_COLUMNS -> rows;
      case OUTPUT -> columns ? null : out;
      case OUTPUT_COLUMNS -> out;
      default -> null;
    };
  }
}
