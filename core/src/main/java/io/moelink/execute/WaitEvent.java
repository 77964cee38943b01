package io.moelink.execute;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder: a time in which no step was ready. */
@Name("moelink.Wait")
@Label("Wait for another rank")
@Category("moelink")
@StackTrace(false)
final class WaitEvent extends Event {
  @Label("Operation")
  String operation;

  @Label("Rank")
  int rank;

  @Label("Rank waited for")
  int waitedForRank;

  /** Tells without an event whether one would be recorded. */
  private static final WaitEvent PROBE = new WaitEvent();

  /** Starts an event, or gives null where nobody records any. */
  static WaitEvent startIfOn() {
    return FlightEvents.startIfOn(PROBE, WaitEvent::new);
  }

  void commit(String operationName, int atRank, int waitedFor) {
    if (shouldCommit()) {
      operation = operationName;
      rank = atRank;
      waitedForRank = waitedFor;
      commit();
    }
  }
}
