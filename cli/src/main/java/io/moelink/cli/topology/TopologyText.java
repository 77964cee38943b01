package io.moelink.cli.topology;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.MemoryRates;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** A topology as tables of text. Large ones are cut, and say so. */
final class TopologyText {
  private static final int RANKS_SHOWN = 64;
  private static final int VNODES_SHOWN = 16;
  private static final int MATES_SHOWN = 8;

  private final Topology topology;
  private final StringBuilder out = new StringBuilder();

  private TopologyText(Topology topology) {
    this.topology = topology;
  }

  static String of(Topology topology) {
    TopologyText text = new TopologyText(topology);
    text.sizes();
    text.levels();
    text.links();
    text.mates();
    text.chains();
    return text.out.toString();
  }

  private void sizes() {
    out.append(
        "topology %s: %s on %s, %s, %s, %s%n"
            .formatted(
                topology.name(),
                count(topology.rankCount(), "rank"),
                count(topology.cardCount(), "card"),
                count(topology.vnodeCount(), "VNode"),
                count(topology.domainCount(), "domain"),
                count(topology.nodeCount(), "node")));
    StringJoiner steps = new StringJoiner(", ");
    steps.add("the card").add("the VNode");
    if (topology.hasDomainLevel()) {
      steps.add("the domain");
    }
    if (topology.hasTopLevel()) {
      steps.add(topology.topLevelName().replace('_', ' '));
    }
    out.append("rows are reduced at: %s%n".formatted(steps));
    out.append(
        "memory of a rank: copies at %s GB/s, %s GB/s in all%n"
            .formatted(
                number(topology.localCopyGigabytesPerSecond()),
                number(topology.memoryGigabytesPerSecond())));
    MemoryRates rates = topology.memoryRates();
    if (rates.reduce() != rates.localCopy()) {
      out.append("sums of a rank: at %s GB/s%n".formatted(number(rates.reduce())));
    }
    if (rates.sharedByNode()) {
      out.append(
          "ranks of a node share: copies at %s GB/s together%n"
              .formatted(number(rates.nodeCopy())));
    }
  }

  private void levels() {
    Table table = new Table("node", "domain", "VNode", "ranks");
    for (int vnode = 0; vnode < Math.min(topology.vnodeCount(), RANKS_SHOWN); vnode++) {
      int[] ranks = topology.ranksOfVnode(vnode);
      table.row(topology.nodeOf(ranks[0]), topology.domainOfVnode(vnode), vnode, ranges(ranks));
    }
    section("levels", table);
    cut(Math.min(topology.vnodeCount(), RANKS_SHOWN), topology.vnodeCount(), "VNodes");
  }

  private void links() {
    Table table = new Table("kind", "GB/s", "us", "one-way links", "the rate holds for");
    for (Map.Entry<Link, Integer> entry : topology.linkCounts().entrySet()) {
      Link link = entry.getKey();
      table.row(
          link.kind(),
          number(link.gigabytesPerSecond()),
          number(link.microseconds()),
          entry.getValue(),
          rateHolds(link.kind()));
    }
    section("links (GB/s in one direction)", table);
  }

  static String rateHolds(LinkKind kind) {
    return kind.sharesCardPort() ? "all of a card's links together" : "each link";
  }

  private void mates() {
    Table table = new Table("rank", "node", "VNode", "card", "die", "peers", "mates");
    int shown = Math.min(topology.rankCount(), RANKS_SHOWN);
    for (int rank = 0; rank < shown; rank++) {
      int[] mates = topology.mates(rank);
      StringJoiner list = new StringJoiner(", ");
      for (int i = 0; i < Math.min(mates.length, MATES_SHOWN); i++) {
        list.add(mates[i] + " " + topology.link(rank, mates[i]).kind());
      }
      if (mates.length > MATES_SHOWN) {
        list.add("and " + (mates.length - MATES_SHOWN) + " more");
      }
      table.row(
          rank,
          topology.nodeOf(rank),
          topology.vnodeOf(rank),
          topology.cardOf(rank),
          topology.dieOf(rank),
          topology.peers(rank).length == 0 ? "none" : ranges(topology.peers(rank)),
          mates.length == 0 ? "none" : list);
    }
    section("ranks", table);
    cut(shown, topology.rankCount(), "ranks");
  }

  private void chains() {
    if (topology.vnodeCount() == 1) {
      return;
    }
    int columns = Math.min(topology.vnodeCount(), VNODES_SHOWN);
    String[] head = new String[columns + 1];
    head[0] = "source";
    for (int vnode = 0; vnode < columns; vnode++) {
      head[vnode + 1] = "VNode " + vnode;
    }
    Table table = new Table(head);
    int shown = Math.min(topology.rankCount(), RANKS_SHOWN);
    for (int source = 0; source < shown; source++) {
      Object[] row = new Object[columns + 1];
      row[0] = source;
      for (int vnode = 0; vnode < columns; vnode++) {
        int entry = topology.entry(source, vnode);
        int via = topology.via(source, vnode);
        row[vnode + 1] =
            vnode == topology.vnodeOf(source)
                ? "own"
                : via == source ? Integer.toString(entry) : entry + " via " + via;
      }
      table.row(row);
    }
    section("relay chains (the rank that takes in the source's rows for a VNode)", table);
    cut(shown, topology.rankCount(), "ranks");
    cut(columns, topology.vnodeCount(), "VNodes");
  }

  private void section(String title, Table table) {
    out.append('\n').append(title).append('\n').append(table);
  }

  private void cut(int shown, int all, String what) {
    if (shown < all) {
      out.append("  (the first %d of %d %s; --json has all)%n".formatted(shown, all, what));
    }
  }

  static String count(int count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  /** 20, not 20.0. */
  static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /** Ascending numbers as "0-3 8 9 12". */
  static String ranges(int[] numbers) {
    StringJoiner text = new StringJoiner(" ");
    for (int first = 0; first < numbers.length; ) {
      int last = first;
      while (last + 1 < numbers.length && numbers[last + 1] == numbers[last] + 1) {
        last++;
      }
      if (last == first + 1) {
        last = first;
      }
      text.add(first == last ? "" + numbers[first] : numbers[first] + "-" + numbers[last]);
      first = last + 1;
    }
    return text.toString();
  }

  /** Columns as wide as their widest cell; numbers to the right. */
  private static final class Table {
    private final List<String[]> rows = new ArrayList<>();
    private final boolean[] textual;

    Table(String... head) {
      rows.add(head);
      textual = new boolean[head.length];
    }

    void row(Object... cells) {
      String[] row = new String[cells.length];
      for (int i = 0; i < cells.length; i++) {
        row[i] = String.valueOf(cells[i]);
        textual[i] |= row[i].isEmpty() || !Character.isDigit(row[i].charAt(0));
        textual[i] |= row[i].indexOf(' ') >= 0 || row[i].indexOf('-') >= 0;
      }
      rows.add(row);
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      for (String[] row : rows) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.length; i++) {
          int column = i;
          int width = rows.stream().mapToInt(cells -> cells[column].length()).max().orElse(0);
          String blanks = " ".repeat(width - row[i].length());
          line.append("  ").append(textual[i] ? row[i] + blanks : blanks + row[i]);
        }
        text.append(line.toString().stripTrailing()).append('\n');
      }
      return text.toString();
    }
  }
}
