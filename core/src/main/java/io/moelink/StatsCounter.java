package io.moelink;

import io.moelink.execute.Engine;
import io.moelink.layout.plan.PlanTraffic;
import io.moelink.layout.topology.LinkKind;
import java.util.EnumMap;
import java.util.Map;

/** Adds up what a group's operations moved. */
final class StatsCounter {
  private final Engine engine;
  private final long dispatchRowBytes;
  private final long combineRowBytes;
  private final Map<LinkKind, Long> bytesByLink = new EnumMap<>(LinkKind.class);

  StatsCounter(ExpertGroupConfig config, Engine engine) {
    this.engine = engine;
    long sum = 0;
    for (int bytes : config.payloadBytes()) {
      sum += bytes;
    }
    dispatchRowBytes = sum;
    combineRowBytes = config.payloadBytes()[0];
  }

  void dispatched(Handle handle) {
    add(handle.dispatchPlan().traffic(), dispatchRowBytes);
  }

  /** The backward of combine sends the hidden rows as dispatch does. */
  void combinedBackward(Handle handle) {
    add(handle.dispatchPlan().traffic(), combineRowBytes);
  }

  /** One float32 for each slot. */
  void returnedScalars(Handle handle) {
    add(handle.scalarPlan().traffic(), Float.BYTES);
  }

  void combined(Handle handle) {
    add(handle.combinePlan().traffic(), combineRowBytes);
  }

  private void add(PlanTraffic traffic, long rowBytes) {
    traffic
        .rowsByLink()
        .forEach((kind, rows) -> bytesByLink.merge(kind, rows * rowBytes, Long::sum));
  }

  GroupStats snapshot() {
    return new GroupStats(
        Map.copyOf(bytesByLink), engine.times().byStep(), engine.times().waitedByRank());
  }
}
