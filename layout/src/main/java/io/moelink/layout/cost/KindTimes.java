package io.moelink.layout.cost;

import io.moelink.layout.plan.Step;
import java.util.EnumMap;
import java.util.Map;

/** For how long at least one step of each kind runs. */
final class KindTimes {
  private final int[] running = new int[StepKind.values().length];
  private final double[] seconds = new double[running.length];

  void began(Step step) {
    running[StepKind.of(step).ordinal()]++;
  }

  void ended(Step step) {
    running[StepKind.of(step).ordinal()]--;
  }

  void advance(double time) {
    for (int kind = 0; kind < running.length; kind++) {
      if (running[kind] > 0) {
        seconds[kind] += time;
      }
    }
  }

  Map<StepKind, Double> seconds() {
    Map<StepKind, Double> byKind = new EnumMap<>(StepKind.class);
    for (StepKind kind : StepKind.values()) {
      if (seconds[kind.ordinal()] > 0) {
        byKind.put(kind, seconds[kind.ordinal()]);
      }
    }
    return byKind;
  }
}
