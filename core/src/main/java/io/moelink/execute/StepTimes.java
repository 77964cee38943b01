package io.moelink.execute;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;

/**
 * Nanoseconds by kind of step and by rank waited for, and when each rank was last heard. Used by
 * one thread at a time, except where a method says otherwise.
 */
public final class StepTimes {
  private final Map<String, long[]> byStep = new TreeMap<>();
  private final long[] waitedByRank;

  /** When each rank was last heard, by System.nanoTime. */
  private final AtomicLongArray heard;

  private final Waiting waiting = new Waiting(this);

  StepTimes(int ranks) {
    waitedByRank = new long[ranks];
    heard = new AtomicLongArray(ranks);
    heardAll();
  }

  void step(String kind, long nanos) {
    byStep.computeIfAbsent(kind, unused -> new long[1])[0] += nanos;
  }

  /** Starts a wait; its end counts. */
  Waiting waiting(String operation, int atRank, int forRank) {
    waiting.begin(operation, atRank, forRank);
    return waiting;
  }

  /** All ranks have taken part in a call. */
  void heardAll() {
    long now = System.nanoTime();
    for (int rank = 0; rank < heard.length(); rank++) {
      heard.set(rank, now);
    }
  }

  /** Some ranks have. */
  void heard(int[] ranks) {
    long now = System.nanoTime();
    for (int rank : ranks) {
      heard.set(rank, now);
    }
  }

  /** Nanoseconds since a rank was last heard; for any thread. */
  public long sinceHeard(int rank) {
    return Math.max(0, System.nanoTime() - heard.get(rank));
  }

  /** Nanoseconds that a call under way has been waiting for a rank, else 0; for any thread. */
  public long waitingFor(int rank) {
    return waiting.nanos(rank);
  }

  void waited(int rank, long nanos) {
    waitedByRank[rank] += nanos;
  }

  /** Time in kernels and puts, by kind of step. */
  public Map<String, Long> byStep() {
    return byStep.entrySet().stream()
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, step -> step.getValue()[0]));
  }

  /** Time in which nothing could be done, by the rank that the first waiting step needed. */
  public long[] waitedByRank() {
    return waitedByRank.clone();
  }
}
