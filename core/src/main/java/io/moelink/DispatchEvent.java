package io.moelink;

import io.moelink.execute.FlightEvents;
import jdk.jfr.Category;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * Flight Recorder: one dispatch of one rank, or one backward of combine; from posting to the end.
 */
@Name("moelink.Dispatch")
@Label("Dispatch")
@Category("moelink")
@StackTrace(false)
final class DispatchEvent extends OperationEvent {
  /** Tells without an event whether one would be recorded. */
  private static final DispatchEvent PROBE = new DispatchEvent();

  /** Starts an event, or gives null where nobody records any. */
  static DispatchEvent startIfOn() {
    return FlightEvents.startIfOn(PROBE, DispatchEvent::new);
  }
}
