package io.moelink;

import io.moelink.layout.plan.Buffer;
import io.moelink.memory.SharedRegion;

/** Which buffers of a plan are the caller's, and where. */
final class Ends {
  private Ends() {}

  static SharedRegion.Place ofDispatch(
      ExpertGroupConfig config, Buffer buffer, SharedRegion input, SharedRegion rows) {
    boolean columns = config.rowOrder() == RowOrder.COLUMN_MAJOR;
    return switch (buffer.kind()) {
      case INPUT -> columns ? null : input.at(0);
      case INPUT_COLUMNS -> input.at(0);
      case EXPERT -> columns ? null : rows.at(0);
      case EXPERT_COLUMNS -> rows.at(0);
      default -> null;
    };
  }

  static SharedRegion.Place ofCombine(
      ExpertGroupConfig config, Buffer buffer, SharedRegion rows, SharedRegion out) {
    boolean columns = config.rowOrder() == RowOrder.COLUMN_MAJOR;
    return switch (buffer.kind()) {
      case EXPERT -> columns ? null : rows.at(0);
      case EXPERT_COLUMNS -> rows.at(0);
      case OUTPUT -> columns ? null : out.at(0);
      case OUTPUT_COLUMNS -> out.at(0);
      default -> null;
    };
  }
}
