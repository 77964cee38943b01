package io.moelink.layout.cost;

import io.moelink.layout.plan.Step;
import java.util.Locale;

/** The kinds of steps, for tables and traces. */
public enum StepKind {
  PULL,
  PUSH,
  PERMUTE,
  SCATTER,
  REDUCE,
  REORDER;

  /** The kind of a step. */
  public static StepKind of(Step step) {
    return switch (step) {
      case Step.Pull pull -> PULL;
      case Step.Push push -> PUSH;
      case Step.Permute permute -> PERMUTE;
      case Step.Scatter scatter -> SCATTER;
      case Step.Reduce reduce -> REDUCE;
      case Step.Reorder reorder -> REORDER;
    };
  }

  /** For people and JSON: the name in lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
