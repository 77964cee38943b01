package io.moelink.layout.cost;

import io.moelink.layout.dispatch.ExpertRows;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;

/** How many rows a routing moves: all that the cost of a plan needs to know of it. */
public interface RowCounts {
  /** Tokens of {@code source} that {@code scope} needs; may be a fraction where it is expected. */
  double needed(int source, Scope scope);

  /** Slots of {@code source} that chose an expert of {@code rank}. */
  double slots(int source, int rank);

  /** Rows of the expert buffer of {@code rank}. */
  double expertRows(int rank);

  /** Whether a row of an expert buffer stands for a slot, not for a token with all its slots. */
  boolean rowPerSlot();

  /** The counts of a known routing. */
  static RowCounts of(GatheredRouting routing, OutputShape shape) {
    return new RowCounts() {
      @Override
      public double needed(int source, Scope scope) {
        return routing.neededCount(source, scope);
      }

      @Override
      public double slots(int source, int rank) {
        return routing.slotCountAt(source, rank);
      }

      @Override
      public double expertRows(int rank) {
        return ExpertRows.of(routing, shape, rank).rowCount();
      }

      @Override
      public boolean rowPerSlot() {
        return shape.rowPerSlot();
      }
    };
  }

  /**
   * The expected counts of routing in which every token chooses {@code topK} different experts, all
   * equally likely; one row for each slot. No routing is made.
   *
   * @param tokensPerRank [ranks], 0 or more each
   */
  static RowCounts uniform(
      Topology topology, ExpertPlacement placement, int topK, int[] tokensPerRank) {
    return new UniformCounts(topology, placement, topK, tokensPerRank);
  }
}
