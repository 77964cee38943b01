package io.moelink;

import io.moelink.execute.StepTimes;
import io.moelink.layout.plan.LinkRows;
import io.moelink.layout.topology.LinkKind;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** Adds up what a group's operations moved. */
final class StatsCounter {
  private static final LinkKind[] KINDS = LinkKind.values();

  private final StepTimes times;
  private final long payloadBytes;
  private final long rowBytes;
  private final long partialBytes;
  private final boolean[] occurs = new boolean[KINDS.length];
  private final long[] bytes = new long[KINDS.length];
  private final long[] last = new long[KINDS.length];

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

  void dispatched(Handle handle) {
    Arrays.fill(last, 0);
    add(handle.dispatchPlan().traffic(), payloadBytes, 0);
  }

  void combined(Handle handle) {
    Arrays.fill(last, 0);
    add(handle.combinePlan().traffic(), rowBytes, partialBytes);
  }

  /** The backward of combine sends hidden rows as dispatch does, and a float for each slot back. */
  void combinedBackward(Handle handle) {
    Arrays.fill(last, 0);
    add(handle.dispatchPlan().traffic(), rowBytes, 0);
    if (handle.group().config().output().rowPerSlot()) {
      add(handle.scalarPlan().traffic(), Float.BYTES, 0);
    }
  }

  private void add(LinkRows rows, long bytesOfRow, long bytesOfPartial) {
    for (LinkKind kind : KINDS) {
      occurs[kind.ordinal()] |= rows.occurs(kind);
      long more = rows.bytes(kind, bytesOfRow, bytesOfPartial);
      bytes[kind.ordinal()] += more;
      last[kind.ordinal()] += more;
    }
  }

  /** Bytes over links of a kind by the operation that was counted last. */
  long last(LinkKind kind) {
    return last[kind.ordinal()];
  }

  GroupStats snapshot() {
    Map<LinkKind, Long> bytesByLink = new EnumMap<>(LinkKind.class);
    for (LinkKind kind : KINDS) {
      if (occurs[kind.ordinal()]) {
        bytesByLink.put(kind, bytes[kind.ordinal()]);
      }
    }
    return new GroupStats(Map.copyOf(bytesByLink), times.byStep(), times.waitedByRank());
  }
}
