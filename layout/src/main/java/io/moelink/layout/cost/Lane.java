package io.moelink.layout.cost;

import java.util.Comparator;
import java.util.PriorityQueue;

/** Steps of one rank over the same way: one runs, the others wait in the order of the plan. */
final class Lane {
  private final PriorityQueue<Flow> waiting =
      new PriorityQueue<>(
          Comparator.<Flow>comparingInt(flow -> flow.step).thenComparingInt(flow -> flow.part));
  private boolean busy;

  /** Returns whether the flow may run now; else it is given out by {@link #next} later. */
  boolean enter(Flow flow) {
    if (busy) {
      waiting.add(flow);
      return false;
    }
    busy = true;
    return true;
  }

  /** Ends the running flow; returns the one to run now, or null. */
  Flow next() {
    Flow flow = waiting.poll();
    busy = flow != null;
    return flow;
  }
}
