package io.moelink.execute;

import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.time.Duration;

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

  Executor(
      Transport transport,
      MessageBoard board,
      RegionPool scratch,
      StepTimes times,
      Farewell farewell) {
    this.transport = transport;
    this.board = board;
    this.scratch = scratch;
    this.times = times;
    this.farewell = farewell;
    posts = new Posts(transport, scratch);
  }

  /**
   * Begins an operation: tells the ranks that touch this rank's memory where it is, and does what
   * can be done without waiting.
   *
   * @param number of the operation; the same on all ranks, and growing
   */
  public Run begin(Operation operation, long number) {
    Run run = new Run(this, operation, number);
    run.begin();
    return run;
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

  StepTimes times() {
    return times;
  }

  Farewell farewell() {
    return farewell;
  }
}
