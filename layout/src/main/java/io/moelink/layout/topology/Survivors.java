package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * What is left of a topology without some ranks: the others, numbered again from 0 in their order,
 * with the links between them. A relay chain that led through a lost rank gets another entry, one
 * that links still lead to by way of a peer; chains that are whole stay as they are.
 */
final class Survivors {
  private final Topology before;
  private final int[] ranks;
  private final RankCoordinates[] coordinates;
  private final int[] vnodeOf;
  private final LinkMatrix links;
  private final int vnodeCount;
  private final short[] entry;
  private final short[] via;

  private Survivors(Topology before, int[] ranks) {
    this.before = before;
    this.ranks = ranks;
    coordinates = renumbered();
    vnodeOf = Arrays.stream(coordinates).mapToInt(RankCoordinates::vnode).toArray();
    vnodeCount = Arrays.stream(vnodeOf).max().orElseThrow() + 1;
    links = new LinkMatrix(ranks.length);
    for (int from = 0; from < ranks.length; from++) {
      for (int to = 0; to < ranks.length; to++) {
        Link link = from == to ? null : before.link(ranks[from], ranks[to]);
        if (link != null) {
          links.set(from, to, link);
        }
      }
    }
    entry = new short[ranks.length * vnodeCount];
    via = new short[entry.length];
  }

  /** See {@link Topology#without}. */
  static Topology of(Topology before, int... lost) {
    boolean[] gone = new boolean[before.rankCount()];
    for (int rank : lost) {
      if (rank < 0 || rank >= gone.length || gone[rank]) {
        throw new InvalidInputException(
            "topology %s without ranks %s: found rank %d, expected each once and 0 to %d"
                .formatted(before.name(), Arrays.toString(lost), rank, gone.length - 1));
      }
      gone[rank] = true;
    }
    if (lost.length == gone.length) {
      throw new InvalidInputException(
          "topology %s without ranks %s: found no rank left, expected one or more"
              .formatted(before.name(), Arrays.toString(lost)));
    }
    int[] left = new int[gone.length - lost.length];
    int count = 0;
    for (int rank = 0; rank < gone.length; rank++) {
      if (!gone[rank]) {
        left[count++] = rank;
      }
    }
    Survivors survivors = new Survivors(before, left);
    survivors.insideDomains();
    survivors.betweenDomains();
    return survivors.build();
  }

  private RankCoordinates[] renumbered() {
    int[] nodes = dense(RankCoordinates::node);
    int[] domains = dense(RankCoordinates::domain);
    int[] vnodes = dense(RankCoordinates::vnode);
    int[] cards = dense(RankCoordinates::card);
    RankCoordinates[] result = new RankCoordinates[ranks.length];
    for (int rank = 0; rank < result.length; rank++) {
      int die = before.dieOf(ranks[rank]);
      result[rank] =
          new RankCoordinates(nodes[rank], domains[rank], vnodes[rank], cards[rank], die);
    }
    return result;
  }

  /** A number of each rank that is left, from 0 without gaps, in the old order. */
  private int[] dense(ToIntFunction<RankCoordinates> number) {
    int[] values =
        Arrays.stream(ranks).map(rank -> number.applyAsInt(before.coordinates(rank))).toArray();
    TreeMap<Integer, Integer> places = new TreeMap<>();
    Arrays.stream(values).sorted().forEach(value -> places.putIfAbsent(value, places.size()));
    return Arrays.stream(values).map(places::get).toArray();
  }

  /** The new number of an old rank, -1 where it is lost. */
  private int left(int oldRank) {
    return Math.max(-1, Arrays.binarySearch(ranks, oldRank));
  }

  /** The old number of a VNode that is left. */
  private int oldVnode(int vnode) {
    for (int rank = 0; rank < ranks.length; rank++) {
      if (vnodeOf[rank] == vnode) {
        return before.vnodeOf(ranks[rank]);
      }
    }
    throw new IndexOutOfBoundsException("vnode=" + vnode);
  }

  private int domainOfVnode(int vnode) {
    for (RankCoordinates at : coordinates) {
      if (at.vnode() == vnode) {
        return at.domain();
      }
    }
    throw new IndexOutOfBoundsException("vnode=" + vnode);
  }

  private void set(int source, int vnode, int entryRank, int viaRank) {
    entry[source * vnodeCount + vnode] = (short) entryRank;
    via[source * vnodeCount + vnode] = (short) viaRank;
  }

  /** The rank itself in its own VNode, and its mates in the others of its domain. */
  private void insideDomains() {
    for (int source = 0; source < ranks.length; source++) {
      for (int vnode = 0; vnode < vnodeCount; vnode++) {
        if (vnode == vnodeOf[source]) {
          set(source, vnode, source, source);
        } else if (domainOfVnode(vnode) == coordinates[source].domain()) {
          int old = left(before.entry(ranks[source], oldVnode(vnode)));
          set(source, vnode, old >= 0 ? old : otherEntry(source, vnode), source);
        }
      }
    }
  }

  /** One gate into each other domain; from there on as the gate itself goes. */
  private void betweenDomains() {
    for (int source = 0; source < ranks.length; source++) {
      int[] gates = new int[vnodeCount];
      Arrays.fill(gates, -1);
      for (int vnode = 0; vnode < vnodeCount; vnode++) {
        int domain = domainOfVnode(vnode);
        if (domain == coordinates[source].domain()) {
          continue;
        }
        if (gates[domain] < 0) {
          int oldDomain = before.domainOfVnode(oldVnode(vnode));
          int old = left(before.gate(ranks[source], oldDomain));
          gates[domain] = old >= 0 ? old : otherGate(source, domain);
        }
        int gate = gates[domain];
        if (vnodeOf[gate] == vnode) {
          set(source, vnode, gate, source);
        } else {
          set(source, vnode, entry[gate * vnodeCount + vnode], gate);
        }
      }
    }
  }

  /** Instead of a lost mate: a rank whose own mate is a peer of the source, so that links lead. */
  private int otherEntry(int source, int vnode) {
    int[] candidates = new int[ranks.length];
    int count = 0;
    for (int rank = 0; rank < ranks.length; rank++) {
      if (vnodeOf[rank] == vnode) {
        int oldMate = before.mate(ranks[rank], before.vnodeOf(ranks[source]));
        if (oldMate >= 0 && left(oldMate) >= 0) {
          candidates[count++] = rank;
        }
      }
    }
    return choose(source, candidates, count, "VNode " + vnode);
  }

  /**
   * Instead of a lost gate: a rank of the domain whose own gate is a peer of the source, else one
   * whose gate is in the source's domain at all.
   */
  private int otherGate(int source, int domain) {
    int oldDomain = before.domainOf(ranks[source]);
    int[] candidates = new int[ranks.length];
    int count = 0;
    for (int pass = 0; pass < 2 && count == 0; pass++) {
      for (int rank = 0; rank < ranks.length; rank++) {
        if (coordinates[rank].domain() == domain) {
          int gate = left(before.gate(ranks[rank], oldDomain));
          if (gate >= 0 && (pass == 1 || vnodeOf[gate] == vnodeOf[source])) {
            candidates[count++] = rank;
          }
        }
      }
    }
    return choose(source, candidates, count, "domain " + domain);
  }

  /** Sources without a mate of their own spread over what is left. */
  private int choose(int source, int[] candidates, int count, String where) {
    if (count == 0) {
      throw new InvalidInputException(
          "topology %s: what is left has no link from rank %d (now %d) towards %s (now)"
              .formatted(before.name(), ranks[source], source, where));
    }
    return candidates[source % count];
  }

  private Topology build() {
    RelayTable relays = RelayTable.of(ranks.length, vnodeCount, entry, via);
    Topology after =
        new Topology(
            before.name() + " (" + ranks.length + " of " + before.rankCount() + " ranks)",
            coordinates,
            relays,
            links,
            before.memoryRates());
    for (int from = 0; from < ranks.length; from++) {
      for (int to = 0; to < ranks.length; to++) {
        int at = from;
        for (int hop : after.route(from, to)) {
          if (after.link(at, hop) == null) {
            throw new InvalidInputException(
                "topology %s: what is left has no links from rank %d (now %d) to rank %d (now %d)"
                    .formatted(before.name(), ranks[from], from, ranks[to], to));
          }
          at = hop;
        }
      }
    }
    return after;
  }
}
