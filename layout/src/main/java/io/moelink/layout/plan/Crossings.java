package io.moelink.layout.plan;

import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * Which kinds of links the rows that steps read cross. A transfer between ranks without a link of
 * their own crosses every link of the way between them; rows in a rank's own memory are LOCAL.
 */
public final class Crossings {
  /** One buffer that a step reads: the i-th. */
  record Crossing(Step step, int read, boolean partial, LinkKind[] kinds) {}

  private final List<Crossing> all = new ArrayList<>();

  /** Those of some steps. */
  public static Crossings of(Topology topology, List<Step> steps) {
    Crossings crossings = new Crossings();
    for (Step step : steps) {
      List<Buffer> reads = step.reads();
      for (int i = 0; i < reads.size(); i++) {
        Buffer read = reads.get(i);
        int to = step instanceof Step.Push push ? push.to().rank() : step.rank();
        boolean partial = read.kind() == BufferKind.PARTIAL;
        crossings.all.add(new Crossing(step, i, partial, kinds(topology, read.rank(), to)));
      }
    }
    return crossings;
  }

  private Crossings() {}

  List<Crossing> all() {
    return all;
  }

  private static LinkKind[] kinds(Topology topology, int from, int to) {
    if (from == to) {
      return new LinkKind[] {LinkKind.LOCAL};
    }
    List<LinkKind> kinds = new ArrayList<>();
    int at = from;
    for (int hop : topology.route(from, to)) {
      kinds.add(topology.link(at, hop).kind());
      at = hop;
    }
    return kinds.toArray(LinkKind[]::new);
  }
}
