package io.moelink.execute;

import java.util.function.Supplier;
import jdk.jfr.Event;

/** Starts events of the Flight Recorder without making one where nobody records it. */
public final class FlightEvents {
  private FlightEvents() {}

  /**
   * Starts an event, or gives null where nobody records any.
   *
   * @param probe an event of the kind, that is never committed
   * @param make makes one
   */
  public static <E extends Event> E startIfOn(E probe, Supplier<E> make) {
    if (!probe.isEnabled()) {
      return null;
    }
    E event = make.get();
    event.begin();
    return event;
  }
}
