package io.moelink.cli.topology;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where a drawing's boxes and lines go. Ranks stand in rows; a row is a node, or a domain of it
 * where a node has several that have VNodes of their own. Lengths are pixels, y grows downwards.
 *
 * <pre>
 *   brackets    links between VNodes of the row
 *   arcs, bar   links inside a VNode
 *   ranks
 *   gap         links to other rows
 * </pre>
 *
 * <p>With two rows the second is drawn upside down, so that the gap has nothing else in it.
 */
final class DrawingLayout {
  static final double RANK_HEIGHT = 34;
  static final double LANE = 9;
  static final double MARGIN = 24;
  static final double TITLE = 66;
  static final double NODE_LABEL = 78;
  private static final double NODE_PAD = 12;
  private static final double VNODE_LABEL = 20;
  private static final double VNODE_PAD = 9;
  private static final double VNODE_GAP = 26;
  private static final double CARD_PAD = 5;
  private static final double CARD_LABEL = 14;
  private static final int RANKS_SHOWN = 64;
  private static final int ROW_RANKS = 16;

  /** Two ranks, the lower first, with the link from the lower, or back where it is one-way. */
  record Pair(int low, int high, Link link) {}

  /** A rectangle. */
  record Box(double x, double y, double width, double height) {
    double right() {
      return x + width;
    }

    double bottom() {
      return y + height;
    }

    double middle() {
      return x + width / 2;
    }
  }

  /** The ranks of one VNode in one row. */
  static final class Segment {
    final int vnode;
    final int[] ranks;
    Box box;

    Segment(int vnode, int[] ranks) {
      this.vnode = vnode;
      this.ranks = ranks;
    }
  }

  /** One row of ranks. */
  static final class Row {
    final int node;
    final int domain;
    final List<Segment> segments = new ArrayList<>();
    final List<Pair> brackets = new ArrayList<>();
    int[] laneOf = {};
    int laneCount;
    double inner;
    double y;
    double height;
    boolean flipped;

    Row(int node, int domain) {
      this.node = node;
      this.domain = domain;
    }

    int rankCount() {
      return segments.stream().mapToInt(segment -> segment.ranks.length).sum();
    }
  }

  final Topology topology;
  final boolean dies;
  final List<Row> rows = new ArrayList<>();
  final Map<Integer, Box> ranks = new HashMap<>();
  final Map<Integer, Box> cards = new TreeMap<>();
  final Map<Integer, Box> nodes = new TreeMap<>();
  final Map<Integer, Row> rowOf = new HashMap<>();

  /** By VNode: the link of its bar, for VNodes with too many ranks to draw every link. */
  final Map<Integer, Link> bars = new HashMap<>();

  /** Links that are drawn inside a VNode one by one. */
  final List<Pair> arcs = new ArrayList<>();

  /** Links that are drawn from row to row one by one. */
  final List<Pair> crossings = new ArrayList<>();

  /** Ranks that reach one another, drawn as a line with a hook to each. */
  final Map<Link, Set<List<Integer>>> rails = new LinkedHashMap<>();

  /** Links, a pair counted once, that are not drawn. */
  final Map<Link, Integer> hidden = new HashMap<>();

  final boolean railed;
  double right;
  double bottom;

  DrawingLayout(Topology topology) {
    this.topology = topology;
    this.dies = topology.cardCount() < topology.rankCount();
    makeRows();
    for (Row row : rows) {
      row.segments.forEach(
          segment -> Arrays.stream(segment.ranks).forEach(rank -> rowOf.put(rank, row)));
    }
    this.railed = rows.size() > 2;
    sortLinks();
    rows.forEach(this::assignLanes);
    place();
  }

  private void makeRows() {
    boolean byDomain = topology.hasDomainLevel() && topology.domainCount() > topology.nodeCount();
    Map<Integer, List<Integer>> groups = new TreeMap<>();
    for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
      int first = topology.ranksOfVnode(vnode)[0];
      int group = byDomain ? topology.domainOf(first) : topology.nodeOf(first);
      groups.computeIfAbsent(group, key -> new ArrayList<>()).add(vnode);
    }
    int shown = 0;
    for (List<Integer> vnodes : groups.values()) {
      vnodes.sort(Comparator.comparing(vnode -> topology.ranksOfVnode(vnode)[0]));
      Row row = null;
      for (int vnode : vnodes) {
        int[] all = topology.ranksOfVnode(vnode);
        for (int start = 0; start < all.length && shown < RANKS_SHOWN; start += ROW_RANKS) {
          int end = Math.min(Math.min(all.length, start + ROW_RANKS), start + RANKS_SHOWN - shown);
          if (row == null || row.rankCount() + end - start > ROW_RANKS) {
            row = new Row(topology.nodeOf(all[0]), topology.domainOf(all[0]));
            rows.add(row);
          }
          row.segments.add(new Segment(vnode, Arrays.copyOfRange(all, start, end)));
          shown += end - start;
        }
      }
    }
    if (rows.size() == 2) {
      Row last = rows.get(1);
      last.flipped = last.segments.get(0).vnode != rows.get(0).segments.get(0).vnode;
    }
  }

  /** Says of every link between drawn ranks how it is drawn. */
  private void sortLinks() {
    for (Row row : rows) {
      for (Segment segment : row.segments) {
        if (topology.ranksOfVnode(segment.vnode).length > 4) {
          bars.computeIfAbsent(segment.vnode, this::usualLink);
        }
      }
    }
    List<Integer> drawn = ranksInOrder();
    Set<Pair> onRails = railed ? findRails(drawn) : Set.of();
    for (int low : drawn) {
      for (int high : drawn) {
        Pair pair = low < high ? pair(low, high) : null;
        if (pair != null && !onRails.contains(pair)) {
          sortLink(pair);
        }
      }
    }
  }

  private void sortLink(Pair pair) {
    Row row = rowOf.get(pair.low());
    Row other = rowOf.get(pair.high());
    int vnode = topology.vnodeOf(pair.low());
    if (vnode == topology.vnodeOf(pair.high())) {
      if (!pair.link().equals(bars.get(vnode))) {
        (row == other ? arcs : crossings).add(pair);
      }
    } else if (row == other) {
      row.brackets.add(pair);
    } else if (rows.indexOf(row) + rows.indexOf(other) == 1) {
      crossings.add(pair);
    } else {
      hidden.merge(pair.link(), 1, Integer::sum);
    }
  }

  List<Integer> ranksInOrder() {
    return rowOf.keySet().stream().sorted().toList();
  }

  private Pair pair(int low, int high) {
    Link link = topology.link(low, high);
    link = link == null ? topology.link(high, low) : link;
    return link == null ? null : new Pair(low, high, link);
  }

  private Link usualLink(int vnode) {
    // in the order of the ranks, so that one topology has one drawing
    Map<Link, Integer> counts = new LinkedHashMap<>();
    int[] all = topology.ranksOfVnode(vnode);
    for (int a : all) {
      for (int b : all) {
        if (a != b) {
          counts.merge(topology.link(a, b), 1, Integer::sum);
        }
      }
    }
    return counts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }

  /** Sets of ranks, one a row and at the same place of it, that all have the same link. */
  private Set<Pair> findRails(List<Integer> drawn) {
    Set<Pair> onRails = new HashSet<>();
    for (int rank : drawn) {
      Map<Link, List<Integer>> groups = new LinkedHashMap<>();
      for (int other : drawn) {
        boolean apart = rowOf.get(rank) != rowOf.get(other);
        Link link = apart && place(rank) == place(other) ? topology.link(rank, other) : null;
        if (link != null && topology.vnodeOf(rank) != topology.vnodeOf(other)) {
          groups.computeIfAbsent(link, key -> new ArrayList<>(List.of(rank))).add(other);
        }
      }
      groups.forEach(
          (link, members) -> {
            List<Integer> rail = members.stream().sorted().toList();
            if (allLinked(rail, link)) {
              rails.computeIfAbsent(link, key -> new LinkedHashSet<>()).add(rail);
              for (int a : rail) {
                rail.stream().filter(b -> a < b).forEach(b -> onRails.add(pair(a, b)));
              }
            }
          });
    }
    return onRails;
  }

  private boolean allLinked(List<Integer> members, Link link) {
    for (int a : members) {
      for (int b : members) {
        if (a != b && !link.equals(topology.link(a, b))) {
          return false;
        }
      }
    }
    return members.size() > 2;
  }

  /** How many ranks stand before this one in its row. */
  private int place(int rank) {
    int place = 0;
    for (Segment segment : rowOf.get(rank).segments) {
      for (int other : segment.ranks) {
        if (other == rank) {
          return place;
        }
        place++;
      }
    }
    throw new IllegalStateException("rank=" + rank + " is not in its row");
  }

  /** Short brackets get the low lanes; two in one lane do not overlap. */
  private void assignLanes(Row row) {
    row.brackets.sort(
        Comparator.comparingInt((Pair pair) -> Math.abs(place(pair.high()) - place(pair.low())))
            .thenComparingInt(pair -> place(pair.low())));
    row.laneOf = new int[row.brackets.size()];
    List<List<Pair>> lanes = new ArrayList<>();
    for (int i = 0; i < row.laneOf.length; i++) {
      Pair pair = row.brackets.get(i);
      int lane = 0;
      while (lane < lanes.size() && lanes.get(lane).stream().anyMatch(in -> overlap(in, pair))) {
        lane++;
      }
      if (lane == lanes.size()) {
        lanes.add(new ArrayList<>());
      }
      lanes.get(lane).add(pair);
      row.laneOf[i] = lane;
    }
    row.laneCount = lanes.size();
  }

  private boolean overlap(Pair a, Pair b) {
    int aStart = Math.min(place(a.low()), place(a.high()));
    int aEnd = Math.max(place(a.low()), place(a.high()));
    int bStart = Math.min(place(b.low()), place(b.high()));
    int bEnd = Math.max(place(b.low()), place(b.high()));
    return aStart <= bEnd && bStart <= aEnd;
  }

  private void place() {
    double y = TITLE;
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      boolean sameNode = i > 0 && rows.get(i - 1).node == row.node;
      if (i > 0) {
        y += gap(i) - (sameNode ? 0 : NODE_PAD);
      }
      y += sameNode ? 0 : NODE_PAD;
      placeRow(row, y);
      y += row.height + NODE_PAD;
      Box inside = new Box(MARGIN, row.y - NODE_PAD, right - MARGIN, row.height + 2 * NODE_PAD);
      nodes.merge(
          row.node,
          inside,
          (a, b) -> new Box(MARGIN, a.y(), Math.max(a.width(), b.width()), b.bottom() - a.y()));
    }
    nodes.replaceAll((node, box) -> new Box(box.x(), box.y(), right - MARGIN, box.height()));
    bottom = y;
  }

  private double gap(int row) {
    boolean crossed =
        row == 1
            && crossings.stream().anyMatch(pair -> rowOf.get(pair.low()) != rowOf.get(pair.high()));
    return crossed ? 96 : 26;
  }

  private void placeRow(Row row, double y) {
    boolean arched =
        arcs.stream()
            .anyMatch(
                pair ->
                    rowOf.get(pair.low()) == row
                        && Math.abs(place(pair.high()) - place(pair.low())) > 1);
    boolean barred = row.segments.stream().anyMatch(segment -> bars.containsKey(segment.vnode));
    boolean carded = row.segments.stream().anyMatch(this::holdsCards);
    double brackets = row.laneCount == 0 ? 0 : row.laneCount * LANE + 8;
    double near = barred ? 24 : arched ? 38 : 4;
    double ranksTop = VNODE_PAD + near + (carded ? CARD_PAD : 0);
    double below = (carded ? CARD_PAD + CARD_LABEL : 0) + VNODE_PAD;
    double vnodeHeight = ranksTop + RANK_HEIGHT + below;
    row.y = y;
    row.height = brackets + vnodeHeight;
    row.inner = row.flipped ? y + vnodeHeight : y + brackets;
    double vnodeY = row.flipped ? y : y + brackets;
    double rankY = row.flipped ? y + below : y + brackets + ranksTop;
    double x = MARGIN + NODE_LABEL;
    for (Segment segment : row.segments) {
      double start = x;
      x += VNODE_LABEL + VNODE_PAD + (carded ? CARD_PAD : 0);
      for (int i = 0; i < segment.ranks.length; i++) {
        int rank = segment.ranks[i];
        if (i > 0) {
          boolean sameCard = topology.cardOf(rank) == topology.cardOf(segment.ranks[i - 1]);
          x += sameCard ? 8 : (carded ? 2 * CARD_PAD : 0) + (railed ? 18 : 14);
        }
        Box box = new Box(x, rankY, dies ? 36 : 44, RANK_HEIGHT);
        ranks.put(rank, box);
        if (carded) {
          double cardY = rankY - (row.flipped ? CARD_PAD + CARD_LABEL : CARD_PAD);
          double cardHeight = RANK_HEIGHT + 2 * CARD_PAD + CARD_LABEL;
          cards.merge(
              topology.cardOf(rank),
              new Box(x - CARD_PAD, cardY, box.width() + 2 * CARD_PAD, cardHeight),
              (a, b) -> new Box(a.x(), a.y(), b.right() - a.x(), a.height()));
        }
        x = box.right();
      }
      x += VNODE_PAD + (carded ? CARD_PAD : 0) + (railed ? 6 : 0);
      segment.box = new Box(start, vnodeY, x - start, vnodeHeight);
      x += VNODE_GAP;
    }
    right = Math.max(right, x - VNODE_GAP + NODE_PAD);
  }

  private boolean holdsCards(Segment segment) {
    for (int i = 1; i < segment.ranks.length; i++) {
      if (topology.cardOf(segment.ranks[i]) == topology.cardOf(segment.ranks[i - 1])) {
        return true;
      }
    }
    return false;
  }
}
