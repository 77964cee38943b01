package io.moelink.execute;

import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * What the operations of one rank share: the transport, the message board, the memory for buffers
 * on the way. Used by one thread at a time.
 */
public final class Executor {
  private final Transport transport;
  private final MessageBoard board;
  private final RegionPool scratch;
  private final StepTimes times;
  private final Farewell farewell;
  private final Posts posts;
  private final int payloadsMax;

  /** For each plan that was run, the run of each lane: used again, since nothing outlives it. */
  private final Map<RankPlan, Run[]> runs = new IdentityHashMap<>();

  Executor(
      Transport transport,
      MessageBoard board,
      RegionPool scratch,
      StepTimes times,
      Farewell farewell,
      int payloadsMax) {
    this.transport = transport;
    this.board = board;
    this.scratch = scratch;
    this.times = times;
    this.farewell = farewell;
    posts = new Posts(transport, scratch);
    this.payloadsMax = payloadsMax;
  }

  /**
   * Begins an operation: tells the ranks that touch this rank's memory where it is, and does what
   * can be done without waiting.
   *
   * @param number of the operation; the same on all ranks, and growing
   * @return its run, which is the caller's until it releases it
   */
  public Run begin(Operation operation, long number) {
    int lane = (int) (number % Lanes.OPERATIONS);
    RankPlan plan = operation.plan().rankPlan();
    Run[] ofPlan = runs.computeIfAbsent(plan, unused -> new Run[Lanes.OPERATIONS]);
    if (ofPlan[lane] == null) {
      ofPlan[lane] = new Run(this, plan, lane);
    }
    ofPlan[lane].begin(operation, number);
    return ofPlan[lane];
  }

  /** What ended the group, if a rank has given it up; else the failure itself. */
  RuntimeException abortOr(RuntimeException failure) {
    try {
      // a wait for nothing: fails if the group was aborted, and only then
      transport.awaitSignal(0, Long.MIN_VALUE, Deadline.after(Duration.ZERO), -1);
      return failure;
    } catch (TransportException abort) {
      if (abort != failure) {
        abort.addSuppressed(failure);
      }
      return abort;
    }
  }

  Transport transport() {
    return transport;
  }

  MessageBoard board() {
    return board;
  }

  RegionPool scratch() {
    return scratch;
  }

  Posts posts() {
    return posts;
  }

  /** Payloads of an operation at most. */
  int payloadsMax() {
    return payloadsMax;
  }

  StepTimes times() {
    return times;
  }

  Farewell farewell() {
    return farewell;
  }
}
