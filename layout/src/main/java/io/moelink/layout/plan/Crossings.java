package io.moelink.layout.plan;

import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * Which kinds of links the rows that steps read cross. A transfer between ranks without a link of
 * their own crosses every link of the way between them; rows in a rank's own memory are LOCAL. A
 * row that is scattered crosses once to each rank that needs it.
 */
public final class Crossings {
  /** Rows of one buffer that a step reads, the i-th, for one that it writes. */
  record Crossing(Step step, int read, Buffer written, boolean partial, LinkKind[] kinds) {}

  private final List<Crossing> all = new ArrayList<>();

  /** Those of some steps. */
  public static Crossings of(Topology topology, List<Step> steps) {
    Crossings crossings = new Crossings();
    for (Step step : steps) {
      List<Buffer> reads = step.reads();
      for (int i = 0; i < reads.size(); i++) {
        Buffer read = reads.get(i);
        boolean partial = read.kind() == BufferKind.PARTIAL;
        for (Buffer written : step.writes()) {
          LinkKind[] kinds = kinds(topology, read.rank(), written.rank());
          crossings.all.add(new Crossing(step, i, written, partial, kinds));
        }
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
