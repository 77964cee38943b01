package io.moelink.execute;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Nanoseconds by kind of step and by rank waited for, and when each rank was last heard. Used by
 * one thread at a time, except where a method says otherwise.
 */
public final class StepTimes {
  private final Map<String, Long> byStep = new TreeMap<>();
  private final long[] waitedByRank;

  /** When each rank was last heard, by System.nanoTime. */
  private final AtomicLongArray heard;

  private volatile Waiting waiting;

  StepTimes(int ranks) {
    waitedByRank = new long[ranks];
    heard = new AtomicLongArray(ranks);
    for (int rank = 0; rank < ranks; rank++) {
      heard(rank);
    }
  }

  void step(String kind, long nanos) {
    byStep.merge(kind, nanos, Long::sum);
  }

  /** Starts a wait; its end counts. */
  Waiting waiting(String operation, int atRank, int forRank) {
    Waiting started = new Waiting(this, operation, atRank, forRank);
    waiting = started;
    return started;
  }

  /** A rank has taken part in a call. */
  void heard(int rank) {
    heard.set(rank, System.nanoTime());
  }

  /** Nanoseconds since a rank was last heard; for any thread. */
  public long sinceHeard(int rank) {
    return Math.max(0, System.nanoTime() - heard.get(rank));
  }

  /** Nanoseconds that a call under way has been waiting for a rank, else 0; for any thread. */
  public long waitingFor(int rank) {
    Waiting now = waiting;
    return now != null && now.forRank() == rank ? now.nanos() : 0;
  }

  void waited(int rank, long nanos) {
    waiting = null;
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
