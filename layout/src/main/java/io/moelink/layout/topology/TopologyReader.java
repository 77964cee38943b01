package io.moelink.layout.topology;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes a topology of a JSON document, by the format that {@link TopologyJson} describes. */
final class TopologyReader {
  private static final String LOCAL_COPY = "local_copy_gigabytes_per_second";
  private static final String MEMORY = "memory_gigabytes_per_second";
  private static final String REDUCE = "reduce_gigabytes_per_second";
  private static final String NODE_COPY = "node_copy_gigabytes_per_second";
  private static final String RATE = "gigabytes_per_second";
  private static final String LATENCY = "microseconds";
  private static final List<String> FIELDS =
      List.of("name", LOCAL_COPY, MEMORY, REDUCE, NODE_COPY, "ranks", "links");
  private static final List<String> RANK_FIELDS =
      List.of("rank", "node", "domain", "vnode", "card", "die", "mates");
  private static final List<String> LINK_FIELDS =
      List.of("from", "to", "among", "kind", RATE, LATENCY, "one_way");
  private static final List<LinkKind> KINDS =
      Arrays.stream(LinkKind.values()).filter(kind -> kind != LinkKind.LOCAL).toList();
  private static final int NAME_LENGTH_MAX = 200;

  /** An entry of "ranks"; -1 where a field was left out. */
  private static final class RankEntry {
    final int line;
    int matesLine;
    int rank = -1;
    int node = -1;
    int domain = -1;
    int vnode = -1;
    int card = -1;
    int die;
    int[] mates = {};

    RankEntry(int line) {
      this.line = line;
      this.matesLine = line;
    }
  }

  /** An entry of "links"; among is null where from and to are given. */
  private static final class LinkEntry {
    final int line;
    int from = -1;
    int to = -1;
    int[] among;
    LinkKind kind;
    double rate = -1;
    double latency = -1;
    boolean oneWay;

    LinkEntry(int line) {
      this.line = line;
    }
  }

  private final JsonCursor cursor;
  private final List<RankEntry> ranks = new ArrayList<>();
  private final List<LinkEntry> links = new ArrayList<>();
  private String name;
  private double localCopy = -1;
  private double memory = -1;
  private double reduce = -1;
  private double nodeCopy = -1;
  private int[] entryOfRank;

  TopologyReader(JsonCursor cursor, String defaultName) {
    this.cursor = cursor;
    this.name = defaultName;
  }

  Topology read() {
    cursor.document(FIELDS, this::readField);
    int lastLine = cursor.line();
    if (ranks.isEmpty()) {
      throw cursor.fault(lastLine, "ranks", "found none, expected 1 to " + Topology.RANKS_MAX);
    }
    indexRanks();
    TopologyBuilder builder = new TopologyBuilder(name, ranks.size(), places(lastLine));
    for (int i = 0; i < ranks.size(); i++) {
      addRank(builder, i, ranks.get(i));
    }
    for (int i = 0; i < links.size(); i++) {
      addLinks(builder, i, links.get(i));
    }
    return builder.memory(rates()).build();
  }

  /** What was left out is as the format says. */
  private MemoryRates rates() {
    LinkFigures.Memory usual = LinkFigures.fabric("default").card();
    double copy = localCopy >= 0 ? localCopy : usual.localCopyGigabytesPerSecond();
    return new MemoryRates(
        copy,
        memory >= 0 ? memory : usual.memoryGigabytesPerSecond(),
        reduce >= 0 ? reduce : copy,
        nodeCopy >= 0 ? nodeCopy : Double.POSITIVE_INFINITY);
  }

  private void readField(String field) {
    switch (field) {
      case "name" -> name = cursor.text(NAME_LENGTH_MAX);
      case LOCAL_COPY -> localCopy = cursor.rate();
      case MEMORY -> memory = cursor.rate();
      case REDUCE -> reduce = cursor.rate();
      case NODE_COPY -> nodeCopy = cursor.rate();
      case "ranks" -> cursor.array(Topology.RANKS_MAX, index -> readRank());
      // as many as the size of the file allows
      default -> cursor.array(Integer.MAX_VALUE, index -> readLink());
    }
  }

  private void readRank() {
    RankEntry entry = new RankEntry(cursor.line());
    ranks.add(entry);
    int max = Topology.RANKS_MAX - 1;
    cursor.object(
        RANK_FIELDS,
        field -> {
          switch (field) {
            case "rank" -> entry.rank = cursor.number(0, max);
            case "node" -> entry.node = cursor.number(0, max);
            case "domain" -> entry.domain = cursor.number(0, max);
            case "vnode" -> entry.vnode = cursor.number(0, max);
            case "card" -> entry.card = cursor.number(0, max);
            case "die" -> entry.die = cursor.number(0, max);
            default -> {
              entry.matesLine = cursor.line();
              entry.mates = numbers(max);
            }
          }
        });
  }

  private void readLink() {
    LinkEntry entry = new LinkEntry(cursor.line());
    links.add(entry);
    int max = Topology.RANKS_MAX - 1;
    cursor.object(
        LINK_FIELDS,
        field -> {
          switch (field) {
            case "from" -> entry.from = cursor.number(0, max);
            case "to" -> entry.to = cursor.number(0, max);
            case "among" -> entry.among = numbers(max);
            case "kind" -> entry.kind = cursor.kind(KINDS);
            case RATE -> entry.rate = cursor.rate();
            case LATENCY -> entry.latency = cursor.latency();
            default -> entry.oneWay = cursor.truth();
          }
        });
  }

  private int[] numbers(int max) {
    int[][] numbers = {new int[8]};
    int[] count = {0};
    cursor.array(
        Topology.RANKS_MAX,
        index -> {
          if (index == numbers[0].length) {
            numbers[0] = Arrays.copyOf(numbers[0], 2 * index);
          }
          numbers[0][index] = cursor.number(0, max);
          count[0] = index + 1;
        });
    return Arrays.copyOf(numbers[0], count[0]);
  }

  private void indexRanks() {
    entryOfRank = new int[ranks.size()];
    Arrays.fill(entryOfRank, -1);
    for (int i = 0; i < ranks.size(); i++) {
      RankEntry entry = ranks.get(i);
      String field = "ranks[" + i + "].";
      present(entry.line, field + "rank", entry.rank >= 0);
      present(entry.line, field + "node", entry.node >= 0);
      present(entry.line, field + "vnode", entry.vnode >= 0);
      present(entry.line, field + "card", entry.card >= 0);
      known(entry.line, field + "rank", entry.rank);
      if (entryOfRank[entry.rank] >= 0) {
        throw cursor.fault(
            entry.line,
            field + "rank",
            "found rank %d again, first in line %d, expected every rank once"
                .formatted(entry.rank, ranks.get(entryOfRank[entry.rank]).line));
      }
      entryOfRank[entry.rank] = i;
    }
  }

  private void addRank(TopologyBuilder builder, int index, RankEntry entry) {
    builder.rank(
        entry.rank,
        new RankCoordinates(
            entry.node,
            entry.domain < 0 ? entry.node : entry.domain,
            entry.vnode,
            entry.card,
            entry.die));
    for (int i = 0; i < entry.mates.length; i++) {
      known(entry.matesLine, "ranks[" + index + "].mates[" + i + "]", entry.mates[i]);
      builder.mate(entry.rank, entry.mates[i]);
    }
  }

  private void addLinks(TopologyBuilder builder, int index, LinkEntry entry) {
    String field = "links[" + index + "].";
    present(entry.line, field + "kind", entry.kind != null);
    present(entry.line, field + RATE, entry.rate >= 0);
    present(entry.line, field + LATENCY, entry.latency >= 0);
    Link link = new Link(entry.kind, entry.rate, entry.latency);
    if (entry.among == null) {
      present(entry.line, field + "from", entry.from >= 0);
      present(entry.line, field + "to", entry.to >= 0);
      known(entry.line, field + "from", entry.from);
      known(entry.line, field + "to", entry.to);
      addLink(builder, entry.line, field + "to", entry.from, entry.to, link);
      if (!entry.oneWay) {
        addLink(builder, entry.line, field + "to", entry.to, entry.from, link);
      }
      return;
    }
    if (entry.from >= 0 || entry.to >= 0 || entry.oneWay) {
      throw cursor.fault(
          entry.line, field + "among", "found with from, to or one_way, expected without them");
    }
    for (int i = 0; i < entry.among.length; i++) {
      known(entry.line, field + "among[" + i + "]", entry.among[i]);
      for (int j = 0; j < i; j++) {
        addLink(builder, entry.line, field + "among", entry.among[j], entry.among[i], link);
        addLink(builder, entry.line, field + "among", entry.among[i], entry.among[j], link);
      }
    }
  }

  private void addLink(
      TopologyBuilder builder, int line, String field, int from, int to, Link link) {
    if (from == to) {
      throw cursor.fault(
          line, field, "found rank %d linked to itself, expected another rank".formatted(to));
    }
    if (builder.hasLink(from, to)) {
      throw cursor.fault(
          line,
          field,
          "found a second link from rank %d to rank %d, expected one a direction"
              .formatted(from, to));
    }
    builder.link(from, to, link);
  }

  private void present(int line, String field, boolean there) {
    if (!there) {
      throw cursor.fault(line, field, "found no such field, expected one");
    }
  }

  private void known(int line, String field, int rank) {
    if (rank >= ranks.size()) {
      throw cursor.fault(
          line,
          field,
          "found rank %d of %d ranks, expected 0 to %d"
              .formatted(rank, ranks.size(), ranks.size() - 1));
    }
  }

  private TopologyBuilder.Places places(int lastLine) {
    return new TopologyBuilder.Places() {
      @Override
      public String ofRank(int rank, String field) {
        RankEntry entry = ranks.get(entryOfRank[rank]);
        return cursor.place(
            field.equals("mates") ? entry.matesLine : entry.line,
            "ranks[%d].%s: rank %d".formatted(entryOfRank[rank], field, rank));
      }

      @Override
      public String ofAll() {
        return cursor.place(lastLine, "ranks");
      }
    };
  }
}
