package io.moelink.layout.plan;

import io.moelink.layout.dispatch.ExpertRows;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.Scope;

/** How many rows a buffer holds, and how many of them a step reads, once the routing is known. */
public final class BufferRows {
  private BufferRows() {}

  /** Rows of a whole buffer. */
  public static int count(GatheredRouting routing, OutputShape shape, Buffer buffer) {
    return switch (buffer.kind()) {
      case EXPERT, EXPERT_COLUMNS -> ExpertRows.of(routing, shape, buffer.rank()).rowCount();
      case SCALAR -> routing.slotCountAt(buffer.source(), buffer.scope().index());
      case INPUT, INPUT_COLUMNS, OUTPUT, OUTPUT_COLUMNS, STAGING, PARTIAL ->
          routing.neededCount(buffer.source(), buffer.content());
    };
  }

  /** Rows that an addend contributes to the sums of a source's tokens. */
  public static int count(
      GatheredRouting routing, OutputShape shape, Step.Addend addend, int source) {
    if (addend.buffer().kind() == BufferKind.EXPERT && shape.rowPerSlot()) {
      return routing.slotCountAt(source, addend.buffer().rank());
    }
    return routing.neededCount(source, addend.present());
  }

  /** Rows that a permute reads: each token that the rank needs, once. */
  static int permuted(GatheredRouting routing, Step.Permute step) {
    return routing.neededCount(step.from().source(), Scope.rank(step.rank()));
  }
}
