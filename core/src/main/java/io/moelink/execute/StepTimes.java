package io.moelink.execute;

import java.util.Map;
import java.util.TreeMap;

/** Nanoseconds by kind of step and by rank waited for. Used by one thread at a time. */
public final class StepTimes {
  private final Map<String, Long> byStep = new TreeMap<>();
  private final long[] waitedByRank;

  StepTimes(int ranks) {
    waitedByRank = new long[ranks];
  }

  void step(String kind, long nanos) {
    byStep.merge(kind, nanos, Long::sum);
  }

  /** Starts a wait; its end counts. */
  Waiting waiting(String operation, int atRank, int forRank) {
    return new Waiting(this, operation, atRank, forRank);
  }

  void waited(int rank, long nanos) {
    waitedByRank[rank] += nanos;
  }

  /** Time in kernels and puts, by kind of step. */
  public Map<String, Long> byStep() {
    return Map.copyOf(byStep);
  }

  /** Time in which nothing could be done, by the rank that the first waiting step needed. */
  public long[] waitedByRank() {
    return waitedByRank.clone();
  }
}
