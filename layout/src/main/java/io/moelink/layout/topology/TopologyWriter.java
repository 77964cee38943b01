package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/** Writes a topology in the format that {@link TopologyJson} describes, a line for each entry. */
final class TopologyWriter {
  private final Topology topology;
  private final StringBuilder out = new StringBuilder();

  /** Bit from * rankCount + to: written already. */
  private final BitSet written = new BitSet();

  private boolean firstLink = true;

  TopologyWriter(Topology topology) {
    this.topology = topology;
  }

  String write() {
    out.append("{\n  \"name\": ").append(JsonMapper.shared().writeValueAsString(topology.name()));
    out.append(",\n  \"local_copy_gigabytes_per_second\": ")
        .append(decimal(topology.localCopyGigabytesPerSecond()))
        .append(",\n  \"memory_gigabytes_per_second\": ")
        .append(decimal(topology.memoryGigabytesPerSecond()));
    writeRates(topology.memoryRates());
    out.append(",\n  \"ranks\": [\n");
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      RankCoordinates at = topology.coordinates(rank);
      out.append(rank == 0 ? "" : ",\n")
          .append("    {\"rank\": %d, \"node\": %d".formatted(rank, at.node()))
          .append(", \"domain\": %d, \"vnode\": %d".formatted(at.domain(), at.vnode()))
          .append(", \"card\": %d, \"die\": %d".formatted(at.card(), at.die()))
          .append(", \"mates\": ")
          .append(Arrays.toString(topology.mates(rank)))
          .append('}');
      limit();
    }
    out.append("\n  ],\n  \"links\": [");
    for (int from = 0; from < topology.rankCount(); from++) {
      writeLinks(from);
    }
    return out.append(firstLink ? "]\n}\n" : "\n  ]\n}\n").toString();
  }

  /** Only what says more than the two rates above. */
  private void writeRates(MemoryRates rates) {
    if (rates.reduce() != rates.localCopy()) {
      out.append(",\n  \"reduce_gigabytes_per_second\": ").append(decimal(rates.reduce()));
    }
    if (rates.sharedByNode()) {
      out.append(",\n  \"node_copy_gigabytes_per_second\": ").append(decimal(rates.nodeCopy()));
    }
  }

  private void writeLinks(int from) {
    Set<Link> tried = new HashSet<>();
    for (int to = 0; to < topology.rankCount(); to++) {
      Link link = from == to ? null : topology.link(from, to);
      if (link == null || written.get(bit(from, to))) {
        continue;
      }
      boolean same = link.equals(topology.link(to, from));
      List<Integer> group = same && tried.add(link) ? closedGroup(from, link) : List.of();
      if (!group.isEmpty()) {
        for (int a : group) {
          for (int b : group) {
            written.set(bit(a, b));
          }
        }
        entry("\"among\": " + group, link, false);
      } else {
        written.set(bit(from, to));
        if (same) {
          written.set(bit(to, from));
        }
        entry("\"from\": " + from + ", \"to\": " + to, link, !same);
      }
    }
  }

  private int bit(int from, int to) {
    return from * topology.rankCount() + to;
  }

  /**
   * The rank and all to which it has this link both ways, if they are three or more, all have it
   * with one another, and with no rank outside: what a reader takes for one thing. Else nothing.
   */
  private List<Integer> closedGroup(int rank, Link link) {
    List<Integer> group = new ArrayList<>();
    for (int other = 0; other < topology.rankCount(); other++) {
      if (other == rank || linked(rank, other, link)) {
        group.add(other);
      }
    }
    if (group.size() < 3) {
      return List.of();
    }
    BitSet members = new BitSet();
    group.forEach(members::set);
    for (int member : group) {
      for (int other = 0; other < topology.rankCount(); other++) {
        if (other != member && linked(member, other, link) != members.get(other)) {
          return List.of();
        }
      }
    }
    return group;
  }

  private boolean linked(int a, int b, Link link) {
    return link.equals(topology.link(a, b)) && link.equals(topology.link(b, a));
  }

  private void entry(String ends, Link link, boolean oneWay) {
    out.append(firstLink ? "\n" : ",\n")
        .append("    {")
        .append(ends)
        .append(", \"kind\": \"")
        .append(link.kind())
        .append("\", \"gigabytes_per_second\": ")
        .append(decimal(link.gigabytesPerSecond()))
        .append(", \"microseconds\": ")
        .append(decimal(link.microseconds()))
        .append(oneWay ? ", \"one_way\": true}" : "}");
    firstLink = false;
    limit();
  }

  private void limit() {
    if (out.length() > TopologyJson.BYTES_MAX - 16) {
      throw new InvalidInputException(
          "topology %s: found more than %d bytes of JSON, expected at most that (64 MiB)"
              .formatted(topology.name(), TopologyJson.BYTES_MAX));
    }
  }

  /** As short as it reads back: 20, not 20.0. */
  private static String decimal(double value) {
    return value == Math.rint(value) && value < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
