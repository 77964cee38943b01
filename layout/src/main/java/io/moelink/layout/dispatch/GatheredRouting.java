package io.moelink.layout.dispatch;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;
import java.util.List;

/**
 * The routing of one layer as every rank sees it after the all-gather: what each source published,
 * with the placement and the topology that give it meaning. Reads only; safe for several threads
 * when the sources are.
 */
public final class GatheredRouting {
  private final Topology topology;
  private final ExpertPlacement placement;
  private final int topK;
  private final List<SourceRouting> sources;

  /**
   * @param topK K, the same on every rank
   * @param sources one per rank, in the order of ranks
   */
  public GatheredRouting(
      Topology topology,
      ExpertPlacement placement,
      int topK,
      List<? extends SourceRouting> sources) {
    if (sources.size() != topology.rankCount() || placement.ranks() != topology.rankCount()) {
      throw new InvalidInputException(
          "routing of "
              + sources.size()
              + " ranks with a placement of "
              + placement.ranks()
              + " ranks, expected "
              + topology.rankCount()
              + " of both (topology "
              + topology.name()
              + ")");
    }
    this.topology = topology;
    this.placement = placement;
    this.topK = topK;
    this.sources = List.copyOf(sources);
  }

  public Topology topology() {
    return topology;
  }

  public ExpertPlacement placement() {
    return placement;
  }

  /** Slots per token, K. */
  public int topK() {
    return topK;
  }

  /** What {@code rank} published. */
  public SourceRouting source(int rank) {
    return sources.get(rank);
  }

  /** Tokens of {@code source} that {@code scope} needs, ascending. */
  public TokenSet needed(int source, Scope scope) {
    return needed(source, scope, null);
  }

  /**
   * The same in the memory of a set that nobody will read again; on a hot path this saves its
   * allocation.
   *
   * @param used the set, which is then the result; or null
   */
  public TokenSet needed(int source, Scope scope, TokenSet used) {
    return TokenSet.of(sources.get(source), scope, used);
  }

  /** Size of {@link #needed(int, Scope)}. */
  public int neededCount(int source, Scope scope) {
    return sources.get(source).count(scope);
  }

  /** Slots of {@code source} that chose {@code expert}. */
  public int slotCount(int source, int expert) {
    SourceRouting routing = sources.get(source);
    return routing.offset(expert + 1) - routing.offset(expert);
  }

  /** Slots of {@code source} that chose an expert of {@code rank}. */
  public int slotCountAt(int source, int rank) {
    int first = placement.firstExpert(rank);
    SourceRouting routing = sources.get(source);
    return routing.offset(first + placement.expertCount(rank)) - routing.offset(first);
  }
}
