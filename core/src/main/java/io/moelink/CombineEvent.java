package io.moelink;

import io.moelink.execute.FlightEvents;
import jdk.jfr.Category;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder: one combine of one rank, or one backward of dispatch. */
@Name("moelink.Combine")
@Label("Combine")
@Category("moelink")
@StackTrace(false)
final class CombineEvent extends OperationEvent {
  /** Tells without an event whether one would be recorded. */
  private static final CombineEvent PROBE = new CombineEvent();

  /** Starts an event, or gives null where nobody records any. */
  static CombineEvent startIfOn() {
    return FlightEvents.startIfOn(PROBE, CombineEvent::new);
  }
}
