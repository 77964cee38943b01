package io.moelink.layout.cost;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;

/**
 * Expected counts of uniform routing. A token misses all n experts of a scope with probability
 * C(E-n, K) / C(E, K).
 */
final class UniformCounts implements RowCounts {
  private final int[] tokens;
  private final double[] slotShare;
  private final double[] rankShare;
  private final double[] vnodeShare;
  private final double[] domainShare;
  private final long tokenSum;

  UniformCounts(Topology topology, ExpertPlacement placement, int topK, int[] tokensPerRank) {
    int ranks = topology.rankCount();
    if (tokensPerRank.length != ranks || placement.ranks() != ranks) {
      throw new InvalidInputException(
          "counts of %d ranks with a placement of %d ranks, expected %d of both (topology %s)"
              .formatted(tokensPerRank.length, placement.ranks(), ranks, topology.name()));
    }
    if (topK < 1 || topK > placement.experts()) {
      throw new InvalidInputException(
          "top-k: found %d, expected 1 to the %d experts".formatted(topK, placement.experts()));
    }
    tokens = tokensPerRank.clone();
    slotShare = new double[ranks];
    rankShare = new double[ranks];
    int[] ofVnode = new int[topology.vnodeCount()];
    int[] ofDomain = new int[topology.domainCount()];
    long sum = 0;
    for (int rank = 0; rank < ranks; rank++) {
      if (tokens[rank] < 0) {
        throw new InvalidInputException(
            "rank %d: found %d tokens, expected 0 or more".formatted(rank, tokens[rank]));
      }
      int experts = placement.expertCount(rank);
      sum += tokens[rank];
      slotShare[rank] = (double) topK * experts / placement.experts();
      rankShare[rank] = hit(placement.experts(), experts, topK);
      ofVnode[topology.vnodeOf(rank)] += experts;
      ofDomain[topology.domainOf(rank)] += experts;
    }
    tokenSum = sum;
    vnodeShare = shares(ofVnode, placement.experts(), topK);
    domainShare = shares(ofDomain, placement.experts(), topK);
  }

  private static double[] shares(int[] held, int experts, int topK) {
    double[] shares = new double[held.length];
    for (int i = 0; i < held.length; i++) {
      shares[i] = hit(experts, held[i], topK);
    }
    return shares;
  }

  /** Probability that K of E different experts include one of n. */
  static double hit(int experts, int held, int topK) {
    double miss = 1;
    for (int k = 0; k < topK; k++) {
      miss *= Math.max(0, experts - held - k) / (double) (experts - k);
    }
    return 1 - miss;
  }

  @Override
  public double needed(int source, Scope scope) {
    double share =
        switch (scope.kind()) {
          case ALL -> 1;
          case DOMAIN -> domainShare[scope.index()];
          case VNODE -> vnodeShare[scope.index()];
          case RANK -> rankShare[scope.index()];
        };
    return tokens[source] * share;
  }

  @Override
  public double slots(int source, int rank) {
    return tokens[source] * slotShare[rank];
  }

  @Override
  public double expertRows(int rank) {
    return tokenSum * slotShare[rank];
  }

  @Override
  public boolean rowPerSlot() {
    return true;
  }
}
