package io.moelink.layout.dispatch;

import io.moelink.layout.topology.Topology;

/**
 * How much one rank sends and receives (page 2.2 of the specification). A token counts once per
 * rank or node, however many of its experts live there.
 *
 * @param tokensPerRank tokens of this rank that each rank needs, {@code [R]}
 * @param tokensPerNode tokens of this rank that each node needs, {@code [nodes]}
 * @param tokensPerExpert slots of this rank that chose each expert, {@code [E]}
 * @param receivedPerRank tokens of each rank that this rank needs, {@code [R]}
 * @param receivedPerExpert slots of all ranks that chose each local expert, {@code [E_local]}
 */
public record DispatchCounts(
    int[] tokensPerRank,
    int[] tokensPerNode,
    int[] tokensPerExpert,
    int[] receivedPerRank,
    int[] receivedPerExpert) {

  /** The counts of {@code rank}. */
  public static DispatchCounts of(GatheredRouting routing, int rank) {
    Topology topology = routing.topology();
    int ranks = topology.rankCount();
    int experts = routing.placement().experts();
    int first = routing.placement().firstExpert(rank);
    int[] tokensPerRank = new int[ranks];
    int[] receivedPerRank = new int[ranks];
    int[] receivedPerExpert = new int[routing.placement().expertCount(rank)];
    for (int other = 0; other < ranks; other++) {
      tokensPerRank[other] = routing.neededCount(rank, Scope.rank(other));
      receivedPerRank[other] = routing.neededCount(other, Scope.rank(rank));
      for (int local = 0; local < receivedPerExpert.length; local++) {
        receivedPerExpert[local] += routing.slotCount(other, first + local);
      }
    }
    int[] tokensPerExpert = new int[experts];
    for (int expert = 0; expert < experts; expert++) {
      tokensPerExpert[expert] = routing.slotCount(rank, expert);
    }
    return new DispatchCounts(
        tokensPerRank,
        tokensPerNode(routing, rank),
        tokensPerExpert,
        receivedPerRank,
        receivedPerExpert);
  }

  /** Which ranks need each token of {@code rank}: {@code [T_rank][R]}. */
  public static boolean[][] tokenInRank(GatheredRouting routing, int rank) {
    int ranks = routing.topology().rankCount();
    boolean[][] in = new boolean[routing.source(rank).tokens()][ranks];
    for (int other = 0; other < ranks; other++) {
      for (int token : routing.needed(rank, Scope.rank(other)).toArray()) {
        in[token][other] = true;
      }
    }
    return in;
  }

  private static int[] tokensPerNode(GatheredRouting routing, int rank) {
    Topology topology = routing.topology();
    SourceRouting source = routing.source(rank);
    int width = TokenSet.wordCount(source.tokens());
    long[] vnode = new long[width];
    long[] nodes = new long[topology.nodeCount() * width];
    for (int v = 0; v < topology.vnodeCount(); v++) {
      source.words(Scope.vnode(v), vnode);
      int base = topology.nodeOf(topology.ranksOfVnode(v)[0]) * width;
      for (int w = 0; w < width; w++) {
        nodes[base + w] |= vnode[w];
      }
    }
    int[] counts = new int[topology.nodeCount()];
    for (int i = 0; i < nodes.length; i++) {
      counts[i / width] += Long.bitCount(nodes[i]);
    }
    return counts;
  }
}
