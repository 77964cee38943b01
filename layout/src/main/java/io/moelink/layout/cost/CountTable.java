package io.moelink.layout.cost;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.topology.Topology;
import java.util.Arrays;

/** The counts of a routing by value: what they were when it was made. */
final class CountTable implements RowCounts {
  private final int ranks;
  private final int vnodes;
  private final int domains;
  private final boolean rowPerSlot;

  /**
   * By source: all tokens, then those that each rank, VNode and domain needs, then slots by rank.
   */
  private final double[] bySource;

  private final double[] expertRows;

  CountTable(Topology topology, RowCounts counts) {
    ranks = topology.rankCount();
    vnodes = topology.vnodeCount();
    domains = topology.domainCount();
    rowPerSlot = counts.rowPerSlot();
    bySource = new double[ranks * width()];
    expertRows = new double[ranks];
    Arrays.setAll(expertRows, counts::expertRows);
    for (int source = 0; source < ranks; source++) {
      int at = source * width();
      bySource[at++] = counts.needed(source, Scope.ALL);
      for (int rank = 0; rank < ranks; rank++) {
        bySource[at++] = counts.needed(source, Scope.rank(rank));
      }
      for (int vnode = 0; vnode < vnodes; vnode++) {
        bySource[at++] = counts.needed(source, Scope.vnode(vnode));
      }
      for (int domain = 0; domain < domains; domain++) {
        bySource[at++] = counts.needed(source, Scope.domain(domain));
      }
      for (int rank = 0; rank < ranks; rank++) {
        bySource[at++] = counts.slots(source, rank);
      }
    }
  }

  private int width() {
    return 1 + ranks + vnodes + domains + ranks;
  }

  @Override
  public double needed(int source, Scope scope) {
    int column =
        switch (scope.kind()) {
          case ALL -> 0;
          case RANK -> 1 + scope.index();
          case VNODE -> 1 + ranks + scope.index();
          case DOMAIN -> 1 + ranks + vnodes + scope.index();
        };
    return bySource[source * width() + column];
  }

  @Override
  public double slots(int source, int rank) {
    return bySource[source * width() + 1 + ranks + vnodes + domains + rank];
  }

  @Override
  public double expertRows(int rank) {
    return expertRows[rank];
  }

  @Override
  public boolean rowPerSlot() {
    return rowPerSlot;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CountTable that
        && ranks == that.ranks
        && vnodes == that.vnodes
        && domains == that.domains
        && rowPerSlot == that.rowPerSlot
        && Arrays.equals(bySource, that.bySource)
        && Arrays.equals(expertRows, that.expertRows);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bySource);
  }
}
