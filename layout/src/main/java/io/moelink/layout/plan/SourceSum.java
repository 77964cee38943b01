package io.moelink.layout.plan;

import java.util.ArrayList;
import java.util.List;

/** The combine of the algorithms that sum card partials at the source, by ascending rank. */
final class SourceSum {
  /** Gets the partial of one rank's experts to the source, as the algorithm does. */
  interface Fetch {
    Step.Addend addend(int rank, int source);
  }

  private SourceSum() {}

  static int[] allRanks(PlanBuilder plan) {
    return java.util.stream.IntStream.range(0, plan.topology().rankCount()).toArray();
  }

  static void add(PlanBuilder plan, Fetch fetch) {
    int ranks = plan.topology().rankCount();
    List<List<Step.Addend>> addends = new ArrayList<>();
    for (int source = 0; source < ranks; source++) {
      addends.add(new ArrayList<>(java.util.Collections.nCopies(ranks, null)));
    }
    // each rank serves its next neighbour first, so that no source is served by all at once
    for (int turn = 1; turn <= ranks; turn++) {
      for (int rank = 0; rank < ranks; rank++) {
        int source = (rank + turn) % ranks;
        addends.get(source).set(rank, fetch.addend(rank, source));
      }
    }
    for (int source = 0; source < ranks; source++) {
      plan.add(new Step.Reduce(addends.get(source), Buffer.output(source)));
    }
  }
}
