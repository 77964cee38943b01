package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * A fabric: ranks with coordinates, links, mates and the relay chains that follow from them.
 *
 * <p>Immutable, so any thread may read it. Ranks, nodes, domains, VNodes and cards count from 0
 * without gaps. A number outside its range is a programming error and gets an {@link
 * IndexOutOfBoundsException}. Arrays that are returned belong to the caller.
 *
 * <p>A topology that exists is sound: ranks of a VNode are linked with one another; mates are
 * mutual and linked; every rank has a mate in every other VNode of its domain and exactly one mate
 * in every other domain. {@link TopologyBuilder#build} refuses anything else; {@link #without} says
 * what holds for a part of one.
 *
 * <p>More than 400 lines, most of them documentation: all that anyone asks of a fabric is asked
 * here.
 */
public final class Topology {
  /** The most ranks that a topology can have. */
  public static final int RANKS_MAX = 4096;

  private final String name;
  private final RankCoordinates[] coordinates;
  private final int[] nodeOf;
  private final int[] domainOf;
  private final int[] vnodeOf;
  private final int[][] ranksOfVnode;
  private final int[] domainOfVnode;
  private final int[][] vnodesOfDomain;
  private final int nodeCount;
  private final int cardCount;
  private final RelayTable relays;
  private final LinkMatrix links;
  private final MemoryRates memory;
  private final Link local;

  /** Takes checked parts over; {@link TopologyBuilder} is the only caller. */
  Topology(
      String name,
      RankCoordinates[] coordinates,
      RelayTable relays,
      LinkMatrix links,
      MemoryRates memory) {
    this.name = name;
    this.coordinates = coordinates;
    this.relays = relays;
    this.links = links;
    this.memory = memory;
    this.local = new Link(LinkKind.LOCAL, memory.localCopy(), 0);
    this.nodeOf = Arrays.stream(coordinates).mapToInt(RankCoordinates::node).toArray();
    this.domainOf = Arrays.stream(coordinates).mapToInt(RankCoordinates::domain).toArray();
    this.vnodeOf = Arrays.stream(coordinates).mapToInt(RankCoordinates::vnode).toArray();
    this.nodeCount = groupCount(nodeOf);
    this.cardCount =
        groupCount(Arrays.stream(coordinates).mapToInt(RankCoordinates::card).toArray());
    this.ranksOfVnode = members(vnodeOf);
    this.domainOfVnode = new int[ranksOfVnode.length];
    for (int vnode = 0; vnode < domainOfVnode.length; vnode++) {
      domainOfVnode[vnode] = domainOf[ranksOfVnode[vnode][0]];
    }
    this.vnodesOfDomain = members(domainOfVnode);
  }

  /** Starts a topology of {@code rankCount} ranks. */
  public static TopologyBuilder builder(String name, int rankCount) {
    return new TopologyBuilder(name, rankCount);
  }

  /** The preset's name, or what the file says. */
  public String name() {
    return name;
  }

  /** Ranks, 1 to {@link #RANKS_MAX}. */
  public int rankCount() {
    return coordinates.length;
  }

  /** Servers. */
  public int nodeCount() {
    return nodeCount;
  }

  /** Sets of VNodes that reduce together. */
  public int domainCount() {
    return vnodesOfDomain.length;
  }

  /** Groups of ranks that reach one another directly. */
  public int vnodeCount() {
    return ranksOfVnode.length;
  }

  /** Cards; as many as ranks where a rank is a whole card. */
  public int cardCount() {
    return cardCount;
  }

  /** All coordinates of a rank. */
  public RankCoordinates coordinates(int rank) {
    return coordinates[rank];
  }

  /** The server that holds the rank. */
  public int nodeOf(int rank) {
    return nodeOf[rank];
  }

  /** The domain that holds the rank. */
  public int domainOf(int rank) {
    return domainOf[rank];
  }

  /** The VNode that holds the rank. */
  public int vnodeOf(int rank) {
    return vnodeOf[rank];
  }

  /** The card that the rank is, or of which it is a die. */
  public int cardOf(int rank) {
    return coordinates[rank].card();
  }

  /** The rank's die inside its card; 0 where a rank is a whole card. */
  public int dieOf(int rank) {
    return coordinates[rank].die();
  }

  /** The domain that holds the VNode. */
  public int domainOfVnode(int vnode) {
    return domainOfVnode[vnode];
  }

  /** The ranks of a VNode, ascending. */
  public int[] ranksOfVnode(int vnode) {
    return ranksOfVnode[vnode].clone();
  }

  /** The VNodes of a domain, ascending. */
  public int[] vnodesOfDomain(int domain) {
    return vnodesOfDomain[domain].clone();
  }

  /** The other ranks of the rank's VNode, ascending. */
  public int[] peers(int rank) {
    int[] all = ranksOfVnode[vnodeOf[rank]];
    int[] peers = new int[all.length - 1];
    int count = 0;
    for (int other : all) {
      if (other != rank) {
        peers[count++] = other;
      }
    }
    return peers;
  }

  /** The mate of a rank in another VNode, or -1: none there, or the VNode is the rank's own. */
  public int mate(int rank, int vnode) {
    return vnode != vnodeOf[rank] && relays.via(rank, vnode) == rank
        ? relays.entry(rank, vnode)
        : -1;
  }

  /** All mates of a rank, by ascending VNode. */
  public int[] mates(int rank) {
    int[] mates = new int[vnodeCount()];
    int count = 0;
    for (int vnode = 0; vnode < mates.length; vnode++) {
      int mate = mate(rank, vnode);
      if (mate >= 0) {
        mates[count++] = mate;
      }
    }
    return Arrays.copyOf(mates, count);
  }

  /** The rank of {@code vnode} that takes in the source's rows; the source in its own VNode. */
  public int entry(int source, int vnode) {
    return relays.entry(source, vnode);
  }

  /** The rank from which the entry reads: the source, or a rank that staged the rows already. */
  public int via(int source, int vnode) {
    return relays.via(source, vnode);
  }

  /** Entry and via of all pairs. */
  public RelayTable relays() {
    return relays;
  }

  /**
   * The rank through which the rows of {@code source} come into a domain: the source itself in its
   * own domain, else its one mate there.
   */
  public int gate(int source, int domain) {
    if (domainOf[source] == domain) {
      return source;
    }
    int vnode = vnodesOfDomain[domain][0];
    int via = relays.via(source, vnode);
    return via == source ? relays.entry(source, vnode) : via;
  }

  /**
   * The link from one rank to another, or null where there is none. A rank to itself gets a {@link
   * LinkKind#LOCAL} link with the local copy rate.
   */
  public Link link(int from, int to) {
    return from == to ? local : links.get(from, to);
  }

  /** The kinds that the links between ranks have; {@link LinkKind#LOCAL} is not among them. */
  public Set<LinkKind> linkKinds() {
    EnumSet<LinkKind> kinds = EnumSet.noneOf(LinkKind.class);
    for (Link link : links.distinct()) {
      kinds.add(link.kind());
    }
    return Collections.unmodifiableSet(kinds);
  }

  /**
   * How many links (each direction counts) there are of every distinct kind and figure, by kind.
   */
  public Map<Link, Integer> linkCounts() {
    return links.counts();
  }

  /**
   * The ranks after {@code from} that a row passes when only {@code to} needs it, ending with
   * {@code to}: {@code [to]} where the two are linked, nothing where they are the same, else the
   * chain of {@code to} towards the VNode of {@code from}, backwards. So the row first moves to the
   * peer that holds the way out, and crosses from there.
   */
  public int[] route(int from, int to) {
    if (from == to) {
      return new int[0];
    }
    if (links.get(from, to) != null) {
      return new int[] {to};
    }
    int[] path = expanded(from, chainBack(from, to));
    if (path == null) {
      path = expanded(from, chain(from, to));
    }
    return path == null ? chainBack(from, to) : path;
  }

  /** The chain of {@code to} towards the VNode of {@code from}, backwards. */
  private int[] chainBack(int from, int to) {
    int vnode = vnodeOf[from];
    return withoutRepeats(from, entry(to, vnode), via(to, vnode), to);
  }

  /**
   * A path of links alone: where two ranks that follow one another have none, which happens in a
   * part of a fabric only, the chain of one of them leads on. Null when it does not.
   */
  private int[] expanded(int from, int[] path) {
    int[] result = new int[3 * path.length];
    int count = 0;
    int at = from;
    for (int next : path) {
      int[] hops = {next};
      for (int[] way : new int[][] {hops, chainBack(at, next), chain(at, next)}) {
        if (linked(at, way)) {
          hops = way;
          break;
        }
      }
      if (!linked(at, hops)) {
        return null;
      }
      for (int hop : hops) {
        result[count++] = hop;
      }
      at = next;
    }
    return Arrays.copyOf(result, count);
  }

  private boolean linked(int from, int[] path) {
    int at = from;
    for (int hop : path) {
      if (links.get(at, hop) == null) {
        return false;
      }
      at = hop;
    }
    return true;
  }

  /**
   * The ranks after {@code from} that a row passes on the relay chain, ending with {@code to}: via
   * and entry of {@code from} in the VNode of {@code to}, then {@code to}. Rows that several ranks
   * of that VNode need share all of it but the last step.
   */
  public int[] chain(int from, int to) {
    int vnode = vnodeOf[to];
    return withoutRepeats(from, via(from, vnode), entry(from, vnode), to);
  }

  private static int[] withoutRepeats(int from, int... ranks) {
    int[] path = new int[ranks.length];
    int count = 0;
    int last = from;
    for (int rank : ranks) {
      if (rank != last) {
        path[count++] = rank;
        last = rank;
      }
    }
    return Arrays.copyOf(path, count);
  }

  /** True when some domain has more than one VNode, so that there is a level above the VNode. */
  public boolean hasDomainLevel() {
    return vnodeCount() > domainCount();
  }

  /** True when there is more than one domain, so that there is a level above the domain. */
  public boolean hasTopLevel() {
    return domainCount() > 1;
  }

  /**
   * What the level above the domains is called: {@code between_nodes} where a domain is a node,
   * {@code vnodes} where instead every VNode is a domain of its own, {@code between_groups}
   * otherwise.
   */
  public String topLevelName() {
    if (samePartition(domainOf, domainCount(), nodeOf, nodeCount)) {
      return "between_nodes";
    }
    return hasDomainLevel() ? "between_groups" : "vnodes";
  }

  private static boolean samePartition(int[] left, int leftCount, int[] right, int rightCount) {
    if (leftCount != rightCount) {
      return false;
    }
    int[] map = new int[leftCount];
    Arrays.fill(map, -1);
    for (int rank = 0; rank < left.length; rank++) {
      if (map[left[rank]] < 0) {
        map[left[rank]] = right[rank];
      } else if (map[left[rank]] != right[rank]) {
        return false;
      }
    }
    return true;
  }

  /** Rate at which one rank copies or reorders rows in its own memory, 10^9 bytes a second. */
  public double localCopyGigabytesPerSecond() {
    return memory.localCopy();
  }

  /** Rate of one rank's own memory, reads and writes together, 10^9 bytes a second. */
  public double memoryGigabytesPerSecond() {
    return memory.memory();
  }

  /** All rates of the ranks' own memory. */
  public MemoryRates memoryRates() {
    return memory;
  }

  /** The same topology with other rates of the ranks' own memory. */
  public Topology withMemory(MemoryRates rates) {
    return new Topology(name, coordinates, relays, links, rates);
  }

  /**
   * The same topology with other figures: every link whose kind is a key gets the value instead.
   *
   * @throws IllegalArgumentException when a value's kind is not its key
   */
  public Topology withLinks(Map<LinkKind, Link> figures) {
    EnumMap<LinkKind, Link> byKind = new EnumMap<>(LinkKind.class);
    figures.forEach(
        (kind, link) -> {
          if (link.kind() != kind || kind == LinkKind.LOCAL) {
            throw new IllegalArgumentException("kind=" + kind + " link=" + link);
          }
          byKind.put(kind, link);
        });
    return new Topology(name, coordinates, relays, links.replaced(byKind), memory);
  }

  /**
   * What is left without some ranks. The others keep their order and are numbered from 0 again, as
   * are VNodes, domains, nodes and cards; links between them stay. Relay chains through a lost rank
   * are led through another: such an entry may have no link of its own to the rank before it, and
   * is then reached on {@link #route}; and several ranks may share one, so mates are no longer
   * mutual.
   *
   * @throws InvalidInputException when a number is no rank or is there twice, when nobody is left,
   *     or when some rank cannot reach another any more
   */
  public Topology without(int... lost) {
    return Survivors.of(this, lost);
  }

  /**
   * The slowest link of {@link #route}, 10^9 bytes a second; the two are different ranks that have
   * one.
   */
  public double routeGigabytesPerSecond(int from, int to) {
    double slowest = Double.POSITIVE_INFINITY;
    int at = from;
    for (int hop : route(from, to)) {
      slowest = Math.min(slowest, link(at, hop).gigabytesPerSecond());
      at = hop;
    }
    return slowest;
  }

  private static int groupCount(int[] groupOf) {
    return Arrays.stream(groupOf).max().orElseThrow() + 1;
  }

  /** Members of every group, ascending. */
  private static int[][] members(int[] groupOf) {
    int[] sizes = new int[groupCount(groupOf)];
    for (int group : groupOf) {
      sizes[group]++;
    }
    int[][] members = new int[sizes.length][];
    for (int group = 0; group < sizes.length; group++) {
      members[group] = new int[sizes[group]];
    }
    for (int member = groupOf.length - 1; member >= 0; member--) {
      int group = groupOf[member];
      members[group][--sizes[group]] = member;
    }
    return members;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Topology that
        && name.equals(that.name)
        && Arrays.equals(coordinates, that.coordinates)
        && relays.equals(that.relays)
        && links.equals(that.links)
        && memory.equals(that.memory);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(coordinates);
  }

  @Override
  public String toString() {
    return "Topology[name=%s, ranks=%d, nodes=%d, domains=%d, vnodes=%d]"
        .formatted(name, rankCount(), nodeCount, domainCount(), vnodeCount());
  }
}
