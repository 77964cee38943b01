package io.moelink.layout.cost;

import io.moelink.layout.topology.LinkKind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A handful of transfers over links of given rates, for the engine of the simulator: the rules of
 * the published figures, which name no ranks.
 */
final class RuleScript {
  private final List<Resource> links = new ArrayList<>();
  private final TaskGraph.Builder tasks = new TaskGraph.Builder(this::paths);

  /** A link that carries so many (decimal) gigabytes a second. */
  int link(double gigabytesPerSecond) {
    int number = links.size();
    double rate = gigabytesPerSecond * 1e9;
    links.add(new Resource(LinkUse.Place.LINK, LinkKind.P2P, number, number, rate));
    return number;
  }

  /** Moves megabytes over a link once the steps before have ended; returns the step. */
  int move(double megabytes, int link, int... after) {
    int done = tasks.event();
    tasks.task(done);
    tasks.flow(link, megabytes * 1e6);
    for (int event : after) {
      tasks.reads(event);
    }
    return done;
  }

  /** Something that takes so many milliseconds and shares nothing. */
  int take(double milliseconds, int... after) {
    return move(milliseconds, link(1), after);
  }

  /** Milliseconds until all has ended. */
  double milliseconds() {
    return new FlowEngine(tasks.build()).run() * 1e3;
  }

  private FabricPaths paths() {
    Ints one = new Ints();
    IntStream.range(0, links.size()).forEach(one::add);
    Lists each = Lists.byKey(links.size(), one, one);
    return new FabricPaths(links, each, each, new double[links.size()]);
  }
}
