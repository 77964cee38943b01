package io.moelink;

import io.moelink.execute.Engine;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.routing.TopK;
import java.util.ArrayList;
import java.util.List;

/**
 * The routings of a group, one after another: indexed, published, gathered and worked out, in the
 * memory of those whose handles are closed. Used by the group's thread.
 */
final class Routings {
  private final ExpertGroup group;
  private final ExpertGroupConfig config;
  private final Engine engine;

  /** An index whose handle is closed: its arrays serve the next one. */
  private RoutingIndex unusedIndex;

  private final List<RowBinder> unusedBinders = new ArrayList<>();

  /** The last handle, of which something may be left to work out. */
  private Handle last;

  Routings(ExpertGroup group, Engine engine) {
    this.group = group;
    config = group.config();
    this.engine = engine;
  }

  RoutingIndex index(TopK topK) {
    RoutingIndex used = unusedIndex;
    unusedIndex = null;
    return RoutingIndex.of(topK, config.placement(), config.topology(), used);
  }

  /** Publishes this rank's routing; returns its number. */
  long publish(RoutingIndex index) {
    bindRest();
    return engine.publish(index);
  }

  /** Works out what is left of the last handle while the routing that it reads is there. */
  private void bindRest() {
    if (last != null) {
      last.bindRest();
      last = null;
    }
  }

  /** Waits for the routing of all ranks and works it out. */
  Handle gather(long published, RoutingIndex index) {
    bindRest();
    try {
      GatheredRouting routing = engine.gather(published, index, engine.deadline());
      last = new Handle(group, routing, index);
      return last;
    } catch (InvalidInputException e) {
      throw e;
    } catch (RuntimeException e) {
      // the routing lies in the memory of ranks that may have given up meanwhile
      throw engine.abortOr(e);
    }
  }

  /** A binder for a routing, in used memory where there is some. */
  RowBinder binder(GatheredRouting routing) {
    if (unusedBinders.isEmpty()) {
      return new RowBinder(routing, config.output());
    }
    RowBinder binder = unusedBinders.removeLast();
    binder.rebind(routing);
    return binder;
  }

  /** Takes what a handle has read for the last time. */
  void reuse(RoutingIndex index, RowBinder binder) {
    unusedIndex = index;
    unusedBinders.add(binder);
  }
}
