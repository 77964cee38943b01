package io.moelink.execute;

import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;

/**
 * What the operations of one rank share: the transport, the message board, the memory for buffers
 * on the way. Used by one thread at a time.
 */
public final class Executor {
  private final Transport transport;
  private final MessageBoard board;
  private final RegionPool scratch;
  private final StepTimes times;

  Executor(Transport transport, MessageBoard board, RegionPool scratch, StepTimes times) {
    this.transport = transport;
    this.board = board;
    this.scratch = scratch;
    this.times = times;
  }

  /**
   * Begins an operation: tells the ranks that touch this rank's memory where it is, and does what
   * can be done without waiting.
   *
   * @param number of the operation; the same on all ranks, and growing
   */
  public Run begin(Operation operation, long number, Deadline deadline) {
    Run run = new Run(this, operation, number, deadline);
    run.begin();
    return run;
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

  StepTimes times() {
    return times;
  }
}
