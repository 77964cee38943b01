package io.moelink.cli.topology;

import io.moelink.cli.topology.DrawingLayout.Box;
import io.moelink.cli.topology.DrawingLayout.Pair;
import io.moelink.cli.topology.DrawingLayout.Row;
import io.moelink.cli.topology.DrawingLayout.Segment;
import io.moelink.cli.topology.Svg.Paint;
import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Draws a topology as SVG, on a page of its own colour so that it can stand on any background. */
public final class TopologyDrawing {
  /** Room that a letter of the title takes, on the safe side. */
  private static final double TITLE_LETTER = 13;

  private final Topology topology;
  private final DrawingLayout layout;
  private Svg svg;

  private TopologyDrawing(Topology topology) {
    this.topology = topology;
    this.layout = new DrawingLayout(topology);
  }

  /** The drawing, an svg element and nothing around it. */
  public static String draw(Topology topology) {
    return new TopologyDrawing(topology).draw();
  }

  private String draw() {
    String sizes =
        "%s, %s, %s, %s, %s"
            .formatted(
                TopologyText.count(topology.rankCount(), "rank"),
                TopologyText.count(topology.cardCount(), "card"),
                TopologyText.count(topology.vnodeCount(), "VNode"),
                TopologyText.count(topology.domainCount(), "domain"),
                TopologyText.count(topology.nodeCount(), "node"));
    DrawingLegend legend = new DrawingLegend(layout);
    double textWidth = Math.max(legend.width(), TITLE_LETTER * topology.name().length());
    textWidth = Math.max(textWidth, DrawingLegend.LETTER * sizes.length());
    double width = Math.max(layout.right, DrawingLayout.MARGIN + textWidth) + DrawingLayout.MARGIN;
    double legendY = layout.bottom + 26;
    double height = legendY + legend.height();
    svg = new Svg(width, height, "moelink topology " + topology.name(), sizes);
    svg.box(0.5, 0.5, width - 1, height - 1, 8, Paint.PAGE);
    svg.text(DrawingLayout.MARGIN, 30, 18, "start", "bold", topology.name());
    svg.text(DrawingLayout.MARGIN, 50, 12, "start", "", sizes);
    boxes();
    rails();
    brackets();
    bars();
    crossings();
    cardLabels();
    ranks();
    arcs();
    legend.draw(svg, legendY);
    return svg.finish();
  }

  private void boxes() {
    layout.nodes.forEach(
        (node, box) -> {
          svg.box(box.x(), box.y(), box.width(), box.height(), 10, Paint.NODE);
          svg.text(box.x() + 14, box.y() + 24, 13, "start", "bold", "node " + node);
        });
    boolean domains = topology.domainCount() != topology.nodeCount();
    for (Row row : layout.rows) {
      boolean several =
          row.segments.stream().map(s -> topology.domainOfVnode(s.vnode)).distinct().count() > 1;
      if (domains && !several) {
        Box node = layout.nodes.get(row.node);
        svg.text(
            node.x() + 14, row.y + row.height / 2 + 4, 11, "start", "", "domain " + row.domain);
      }
      for (Segment segment : row.segments) {
        Box box = segment.box;
        svg.box(box.x(), box.y(), box.width(), box.height(), 7, Paint.VNODE);
        svg.textUpwards(box.x() + 15, box.y() + box.height() / 2, 11, "VNode " + segment.vnode);
      }
    }
    layout.cards.forEach(
        (card, box) -> svg.box(box.x(), box.y(), box.width(), box.height(), 4, Paint.CARD));
  }

  private void cardLabels() {
    layout.cards.forEach(
        (card, box) -> {
          boolean flipped = flippedAt(box);
          double y = flipped ? box.y() + 12 : box.bottom() - 5;
          svg.textOver(box.middle(), y, 9, Paint.CARD.fill(), "card " + card);
        });
  }

  private boolean flippedAt(Box box) {
    return layout.rows.stream()
        .anyMatch(row -> row.flipped && box.y() >= row.y && box.y() < row.y + row.height);
  }

  private void ranks() {
    for (int rank : layout.ranksInOrder()) {
      Box box = layout.ranks.get(rank);
      svg.box(box.x(), box.y(), box.width(), box.height(), 4, Paint.RANK);
      String detail = detail(rank);
      double y = box.y() + (detail.isEmpty() ? 22 : 16);
      svg.text(box.middle(), y, 13, "middle", "bold", Integer.toString(rank));
      if (!detail.isEmpty()) {
        svg.text(box.middle(), box.y() + 28, 9, "middle", "", detail);
      }
    }
  }

  /** What the rank's number and boxes do not say already. */
  private String detail(int rank) {
    int card = topology.cardOf(rank);
    if (layout.cards.containsKey(card)) {
      return "die " + topology.dieOf(rank);
    }
    if (layout.dies) {
      return "c" + card + " d" + topology.dieOf(rank);
    }
    return card == rank ? "" : "card " + card;
  }

  /** The y that is {@code distance} away from a rank's box, on the side of arcs and brackets. */
  private double outside(int rank, double distance) {
    Box box = layout.ranks.get(rank);
    return layout.rowOf.get(rank).flipped ? box.bottom() + distance : box.y() - distance;
  }

  private void arcs() {
    for (Pair pair : layout.arcs) {
      boolean ordered = layout.ranks.get(pair.low()).x() <= layout.ranks.get(pair.high()).x();
      int left = ordered ? pair.low() : pair.high();
      Box a = layout.ranks.get(left);
      Box b = layout.ranks.get(ordered ? pair.high() : pair.low());
      LinkStyle style = LinkStyle.of(pair.link().kind());
      double span = b.x() - a.right();
      if (span < a.width()) {
        double y = a.y() + a.height() / 2;
        svg.line(Svg.path("M", a.right(), y, "L", b.x(), y), style);
      } else {
        double foot = outside(left, 0);
        double top = outside(left, Math.min(48, 16 + span / 5));
        svg.line(
            Svg.path(
                "M",
                a.middle() + 9,
                foot,
                "C",
                a.middle() + 20,
                top,
                b.middle() - 20,
                top,
                b.middle() - 9,
                foot),
            style);
      }
    }
  }

  private void bars() {
    for (Row row : layout.rows) {
      for (Segment segment : row.segments) {
        Link link = layout.bars.get(segment.vnode);
        if (link == null) {
          continue;
        }
        LinkStyle style = LinkStyle.of(link.kind());
        int first = segment.ranks[0];
        int last = segment.ranks[segment.ranks.length - 1];
        double y = outside(first, layout.cards.isEmpty() ? 14 : 16);
        double shift = -9;
        double start = layout.ranks.get(first).middle() + shift;
        boolean continues = topology.ranksOfVnode(segment.vnode).length > segment.ranks.length;
        svg.line(
            Svg.path(
                "M",
                continues ? segment.box.x() + 22 : start,
                y,
                "L",
                layout.ranks.get(last).middle() + shift,
                y),
            style);
        for (int rank : segment.ranks) {
          double x = layout.ranks.get(rank).middle() + shift;
          svg.line(Svg.path("M", x, outside(rank, 0), "L", x, y), style);
          svg.dot(x, y, 2.6, style.color());
        }
      }
    }
    layout.bars.forEach(this::joinBars);
  }

  /** A VNode that needs several rows: its bars are one. */
  private void joinBars(int vnode, Link link) {
    List<Double> ends = new ArrayList<>();
    double x = 0;
    for (Row row : layout.rows) {
      for (Segment segment : row.segments) {
        if (segment.vnode == vnode) {
          ends.add(outside(segment.ranks[0], layout.cards.isEmpty() ? 14 : 16));
          x = segment.box.x() + 22;
        }
      }
    }
    if (ends.size() > 1) {
      svg.line(
          Svg.path("M", x, ends.get(0), "L", x, ends.get(ends.size() - 1)),
          LinkStyle.of(link.kind()));
    }
  }

  private void brackets() {
    for (Row row : layout.rows) {
      Map<Integer, List<Integer>> ends = endsByRank(row.brackets);
      for (int i = 0; i < row.brackets.size(); i++) {
        Pair pair = row.brackets.get(i);
        double lane = 8 + row.laneOf[i] * DrawingLayout.LANE;
        double y = row.flipped ? row.inner + lane : row.inner - lane;
        double a = port(pair.low(), pair.high(), ends, 7);
        double b = port(pair.high(), pair.low(), ends, 7);
        svg.line(
            Svg.path(
                "M",
                a,
                outside(pair.low(), 0),
                "L",
                a,
                y,
                "L",
                b,
                y,
                "L",
                b,
                outside(pair.high(), 0)),
            LinkStyle.of(pair.link().kind()));
      }
    }
  }

  private static Map<Integer, List<Integer>> endsByRank(List<Pair> pairs) {
    Map<Integer, List<Integer>> ends = new HashMap<>();
    for (Pair pair : pairs) {
      ends.computeIfAbsent(pair.low(), key -> new ArrayList<>()).add(pair.high());
      ends.computeIfAbsent(pair.high(), key -> new ArrayList<>()).add(pair.low());
    }
    return ends;
  }

  /**
   * Where on a rank's edge the line to another begins: side by side, in the order of their ends.
   */
  private double port(int rank, int other, Map<Integer, List<Integer>> ends, double distance) {
    List<Integer> others =
        ends.get(rank).stream()
            .sorted(
                Comparator.comparingDouble((Integer end) -> layout.ranks.get(end).x())
                    .thenComparing(end -> end))
            .toList();
    double step = Math.min(distance, 30.0 / others.size());
    return layout.ranks.get(rank).middle()
        + (others.indexOf(other) - (others.size() - 1) / 2.0) * step;
  }

  private void crossings() {
    Map<Integer, List<Integer>> ends = endsByRank(layout.crossings);
    for (Pair pair : layout.crossings) {
      boolean ordered = layout.ranks.get(pair.low()).y() <= layout.ranks.get(pair.high()).y();
      int upper = ordered ? pair.low() : pair.high();
      int lower = ordered ? pair.high() : pair.low();
      double a = port(upper, lower, ends, 14);
      double b = port(lower, upper, ends, 14);
      Row above = layout.rowOf.get(upper);
      Row below = layout.rowOf.get(lower);
      if (!below.flipped) {
        // brackets stand in the middle of the ranks there
        b += 9;
      }
      double start = above.y + above.height;
      double end = below.y;
      double middle = (start + end) / 2;
      svg.line(
          Svg.path(
              "M",
              a,
              layout.ranks.get(upper).bottom(),
              "L",
              a,
              start,
              "C",
              a,
              middle,
              b,
              middle,
              b,
              end,
              "L",
              b,
              layout.ranks.get(lower).y()),
          LinkStyle.of(pair.link().kind()));
    }
  }

  /** A line beside a column of ranks, with a hook to each. */
  private void rails() {
    int kind = 0;
    for (Map.Entry<Link, Set<List<Integer>>> entry : layout.rails.entrySet()) {
      LinkStyle style = LinkStyle.of(entry.getKey().kind());
      for (List<Integer> rail : entry.getValue()) {
        Box first = layout.ranks.get(rail.get(0));
        Box last = layout.ranks.get(rail.get(rail.size() - 1));
        boolean left = topology.dieOf(rail.get(0)) == 0 && !layout.cards.isEmpty();
        double away = (layout.cards.isEmpty() ? 7 : 10) + 4 * kind;
        double x = left ? first.x() - away : first.right() + away;
        boolean more = layout.rows.size() < rowsInAll();
        svg.line(
            Svg.path("M", x, first.y() + 10, "L", x, more ? layout.bottom + 8 : last.y() + 10),
            style);
        for (int rank : rail) {
          Box box = layout.ranks.get(rank);
          double edge = left ? box.x() : box.right();
          svg.line(
              Svg.path("M", edge, box.y() + 10, "L", x, box.y() + 10),
              new LinkStyle(style.color(), style.width(), ""));
          svg.dot(x, box.y() + 10, 2.8, style.color());
        }
      }
      kind++;
    }
  }

  private int rowsInAll() {
    return layout.ranks.size() < topology.rankCount() ? Integer.MAX_VALUE : layout.rows.size();
  }
}
