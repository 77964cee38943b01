package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;
import java.util.Objects;

/**
 * Collects ranks, links and mates and makes a {@link Topology} of them. Used by one thread, once.
 *
 * <p>Every mistake is an {@link InvalidInputException} that names the rank, the field, what was
 * found and what is expected.
 */
public final class TopologyBuilder {
  /** Says where a rank's field or the whole is written, as the start of a message. */
  interface Places {
    /** Ends with ": ". */
    String ofRank(int rank, String field);

    /** Ends with ": ". */
    String ofAll();
  }

  private static final int[] NONE = {};

  private final String name;
  private final int rankCount;
  private final Places places;
  private final RankCoordinates[] coordinates;
  private final LinkMatrix links;
  private final int[][] mates;
  private final int[] mateCounts;
  private MemoryRates rates;

  private boolean built;

  TopologyBuilder(String name, int rankCount) {
    this(name, rankCount, new NamedPlaces(name));
  }

  TopologyBuilder(String name, int rankCount, Places places) {
    this.name = Objects.requireNonNull(name, "name");
    this.places = places;
    if (rankCount < 1 || rankCount > Topology.RANKS_MAX) {
      throw new InvalidInputException(
          places.ofAll() + "found " + rankCount + " ranks, expected 1 to " + Topology.RANKS_MAX);
    }
    this.rankCount = rankCount;
    this.coordinates = new RankCoordinates[rankCount];
    this.links = new LinkMatrix(rankCount);
    this.mates = new int[rankCount][];
    Arrays.fill(mates, NONE);
    this.mateCounts = new int[rankCount];
    LinkFigures.Memory memory = LinkFigures.fabric("default").card();
    this.rates =
        MemoryRates.of(memory.localCopyGigabytesPerSecond(), memory.memoryGigabytesPerSecond());
  }

  private record NamedPlaces(String name) implements Places {
    @Override
    public String ofRank(int rank, String field) {
      return "topology " + name + ": rank " + rank + ": " + field + ": ";
    }

    @Override
    public String ofAll() {
      return "topology " + name + ": ";
    }
  }

  /** Says where a rank sits. */
  public TopologyBuilder rank(int rank, RankCoordinates at) {
    inRange(rank, rank, "rank");
    if (coordinates[rank] != null) {
      throw fault(rank, "rank", "found a second time, expected every rank once");
    }
    coordinates[rank] = Objects.requireNonNull(at, "at");
    return this;
  }

  /** Adds one direction of a link. */
  public TopologyBuilder link(int from, int to, Link link) {
    inRange(from, from, "link from");
    inRange(from, to, "link to");
    if (from == to) {
      throw fault(from, "link to", "found the rank itself, expected another rank");
    }
    if (link.kind() == LinkKind.LOCAL) {
      throw fault(from, "link to " + to, "found kind LOCAL, expected a kind between two ranks");
    }
    if (links.get(from, to) != null) {
      throw fault(from, "link to " + to, "found a second time, expected one link a direction");
    }
    links.set(from, to, link);
    return this;
  }

  /** Adds both directions of a link. */
  public TopologyBuilder linkBothWays(int a, int b, Link link) {
    return link(a, b, link).link(b, a, link);
  }

  /**
   * Says that {@code mate} is the mate of {@code rank} in its VNode; the other has to say so too.
   */
  public TopologyBuilder mate(int rank, int mate) {
    inRange(rank, rank, "mates");
    inRange(rank, mate, "mates");
    int count = mateCounts[rank]++;
    if (count == mates[rank].length) {
      mates[rank] = Arrays.copyOf(mates[rank], Math.max(4, 2 * count));
    }
    mates[rank][count] = mate;
    return this;
  }

  /**
   * Rates of one rank's own memory, 10^9 bytes a second: copies and reorders, and reads and writes
   * together. Where they are not set, those of a card of the reference fabric hold.
   */
  public TopologyBuilder memory(double localCopy, double memory) {
    if (!Link.isRate(localCopy) || !Link.isRate(memory)) {
      throw new InvalidInputException(
          "%slocal copy and memory rates: found %s and %s, expected %s each"
              .formatted(places.ofAll(), localCopy, memory, Link.RATE));
    }
    return memory(MemoryRates.of(localCopy, memory));
  }

  /** All rates of one rank's own memory, and what the ranks of a node share. */
  public TopologyBuilder memory(MemoryRates value) {
    this.rates = value;
    return this;
  }

  boolean hasLink(int from, int to) {
    return links.get(from, to) != null;
  }

  /**
   * Checks everything and derives the relay chains. The topology takes the parts over, so nothing
   * may be added after.
   *
   * @throws InvalidInputException when the parts do not make a sound topology
   */
  public Topology build() {
    if (built) {
      throw new IllegalStateException("name=" + name + " is built already");
    }
    built = true;
    TopologyChecks checks = new TopologyChecks(places, coordinates, links);
    checks.coordinates();
    checks.vnodesAreLinked();
    short[] table = checks.mateTable(mates, mateCounts);
    checks.reach(table);
    RelayTable relays = RelayTable.of(table, checks.vnodeOf(), checks.domainOfVnode());
    return new Topology(name, coordinates, relays, links, rates);
  }

  private void inRange(int at, int rank, String field) {
    if (built) {
      throw new IllegalStateException("name=" + name + " is built already");
    }
    if (rank < 0 || rank >= rankCount) {
      throw new InvalidInputException(
          (at == rank ? places.ofAll() + field + ": " : places.ofRank(at, field))
              + "found rank "
              + rank
              + ", expected 0 to "
              + (rankCount - 1));
    }
  }

  private InvalidInputException fault(int rank, String field, String rule) {
    return new InvalidInputException(places.ofRank(rank, field) + rule);
  }
}
