package io.moelink;

import io.moelink.execute.StepTimes;
import io.moelink.layout.plan.PlanTraffic;
import io.moelink.layout.topology.LinkKind;
import java.util.EnumMap;
import java.util.Map;

/** Adds up what a group's operations moved; each call returns what that operation did. */
final class StatsCounter {
  private final StepTimes times;
  private final long payloadBytes;
  private final long rowBytes;
  private final long partialBytes;
  private final Map<LinkKind, Long> bytesByLink = new EnumMap<>(LinkKind.class);

  StatsCounter(ExpertGroupConfig config, StepTimes times) {
    this.times = times;
    long sum = 0;
    for (int bytes : config.payloadBytes()) {
      sum += bytes;
    }
    payloadBytes = sum;
    rowBytes = config.payloadBytes()[0];
    partialBytes = (long) config.hidden() * config.partialType().bytes();
  }

  Map<LinkKind, Long> dispatched(Handle handle) {
    return add(handle.dispatchPlan().traffic().bytesByLink(payloadBytes, 0));
  }

  Map<LinkKind, Long> combined(Handle handle) {
    return add(handle.combinePlan().traffic().bytesByLink(rowBytes, partialBytes));
  }

  /** The backward of combine sends hidden rows as dispatch does, and a float for each slot back. */
  Map<LinkKind, Long> combinedBackward(Handle handle) {
    Map<LinkKind, Long> bytes =
        new EnumMap<>(handle.dispatchPlan().traffic().bytesByLink(rowBytes, 0));
    if (handle.group().config().output().rowPerSlot()) {
      PlanTraffic scalars = handle.scalarPlan().traffic();
      scalars
          .bytesByLink(Float.BYTES, 0)
          .forEach((kind, more) -> bytes.merge(kind, more, Long::sum));
    }
    return add(bytes);
  }

  private Map<LinkKind, Long> add(Map<LinkKind, Long> bytes) {
    bytes.forEach((kind, more) -> bytesByLink.merge(kind, more, Long::sum));
    return bytes;
  }

  GroupStats snapshot() {
    return new GroupStats(Map.copyOf(bytesByLink), times.byStep(), times.waitedByRank());
  }
}
