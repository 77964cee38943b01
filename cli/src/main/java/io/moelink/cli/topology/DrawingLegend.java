package io.moelink.cli.topology;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** What stands below a drawing: the links by kind, and what a reader has to know of the lines. */
final class DrawingLegend {
  private static final double LINE = 22;
  private static final double INDENT = 140;
  private static final int LINKS_SHOWN = 12;

  /** Room that a letter takes, on the safe side. */
  static final double LETTER = 7.2;

  private final Topology topology;
  private final DrawingLayout layout;
  private final Map<Link, Integer> links;
  private final List<String> notes;

  DrawingLegend(DrawingLayout layout) {
    this.topology = layout.topology;
    this.layout = layout;
    this.links = topology.linkCounts();
    this.notes = notes();
  }

  double width() {
    int letters = notes.stream().mapToInt(String::length).max().orElse(0);
    double width = LETTER * letters;
    for (Link link : links.keySet()) {
      width = Math.max(width, INDENT + LETTER * figures(link).length());
    }
    return width;
  }

  double height() {
    return 20 + (Math.min(links.size(), LINKS_SHOWN) + notes.size()) * LINE;
  }

  void draw(Svg svg, double y) {
    double x = DrawingLayout.MARGIN;
    double line = y;
    svg.text(x, line, 13, "start", "bold", "Links (one direction)");
    int shown = 0;
    for (Link link : links.keySet()) {
      line += LINE;
      if (++shown == LINKS_SHOWN && links.size() > LINKS_SHOWN) {
        svg.text(
            x,
            line,
            12,
            "start",
            "",
            "and " + (links.size() - LINKS_SHOWN + 1) + " more kinds of links");
        break;
      }
      svg.line(Svg.path("M", x, line - 4, "L", x + 52, line - 4), LinkStyle.of(link.kind()));
      svg.text(x + 64, line, 12, "start", "bold", name(link.kind()));
      svg.text(x + INDENT, line, 12, "start", "", figures(link));
    }
    for (String note : notes) {
      line += LINE;
      svg.text(x, line, 11, "start", "", note);
    }
  }

  private String figures(Link link) {
    return "%s GB/s for %s, %s us, %s"
        .formatted(
            TopologyText.number(link.gigabytesPerSecond()),
            TopologyText.rateHolds(link.kind()),
            TopologyText.number(link.microseconds()),
            TopologyText.count(links.get(link), "link"));
  }

  private static String name(LinkKind kind) {
    return switch (kind) {
      case BLINK -> "BLink";
      case PORT10 -> "Port-10";
      case NVLINK -> "NVLink";
      case PCIE -> "PCIe";
      case SHARED -> "shared";
      case LOCAL, D2D, P2P, RDMA -> kind.name();
    };
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (links.isEmpty()) {
      notes.add("None.");
    }
    if (!layout.bars.isEmpty()) {
      notes.add("A bar with dots links every two of its ranks that have no line of their own.");
    }
    if (!layout.rails.isEmpty()) {
      notes.add("A line beside a column links every two of the ranks that hook into it.");
    }
    layout.hidden.entrySet().stream()
        .sorted(Map.Entry.comparingByKey(Comparator.comparing(Link::kind)))
        .forEach(
            entry ->
                notes.add(
                    ("%s: %d more pairs of drawn ranks have this link; only those of the first two"
                            + " rows are drawn.")
                        .formatted(name(entry.getKey().kind()), entry.getValue())));
    int drawn = layout.ranks.size();
    if (drawn < topology.rankCount()) {
      notes.add(
          "Only the first %d of %d ranks are drawn (%d of %s)."
              .formatted(
                  drawn,
                  topology.rankCount(),
                  layout.nodes.size(),
                  TopologyText.count(topology.nodeCount(), "node")));
    }
    String chain = chainExample();
    if (!chain.isEmpty()) {
      notes.add(chain);
    }
    return notes;
  }

  /** The longest relay chain of the first rank, in words. */
  private String chainExample() {
    int best = -1;
    for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
      boolean drawn = layout.rowOf.containsKey(topology.ranksOfVnode(vnode)[0]);
      boolean relayed = best >= 0 && topology.via(0, best) != 0;
      if (drawn && vnode != topology.vnodeOf(0) && !relayed) {
        best = vnode;
      }
    }
    if (best < 0) {
      return "";
    }
    int entry = topology.entry(0, best);
    StringJoiner chain =
        new StringJoiner(" -> ", "Relay chain of rank 0 to VNode " + best + ": ", "");
    chain.add("0");
    if (topology.via(0, best) != 0) {
      chain.add(Integer.toString(topology.via(0, best)));
    }
    chain.add(Integer.toString(entry));
    int[] peers = topology.peers(entry);
    if (peers.length > 0) {
      chain.add(
          "its peers " + TopologyText.ranges(Arrays.copyOf(peers, Math.min(peers.length, 16))));
    }
    return chain.toString();
  }
}
