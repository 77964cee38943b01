package io.moelink.execute;

import io.moelink.layout.plan.Buffer;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder: one step of a plan, or a piece of one that goes in pieces. */
@Name("moelink.Step")
@Label("Plan step")
@Category("moelink")
@StackTrace(false)
final class StepEvent extends Event {
  @Label("Operation")
  String operation;

  @Label("Step")
  String step;

  @Label("Rank")
  int rank;

  @Label("Buffer")
  String buffer;

  @Label("Rows")
  int rows;

  @Label("Bytes written")
  @DataAmount
  long bytes;

  /** Tells without an event whether one would be recorded. */
  private static final StepEvent PROBE = new StepEvent();

  /** Starts an event, or gives null where nobody records any. */
  static StepEvent startIfOn() {
    return FlightEvents.startIfOn(PROBE, StepEvent::new);
  }

  void commit(Operation of, int atRank, BoundTask done, int first, int last) {
    if (shouldCommit()) {
      operation = of.name();
      step = done.kind();
      rank = atRank;
      buffer = Buffer.names(done.task().written());
      rows = last - first;
      bytes = of.bytesWritten(done, first, last);
      commit();
    }
  }
}
