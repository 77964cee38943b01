package io.moelink.layout.cost;

import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * The all-to-all of rows 1 and 2 of page 5 on the 8 cards: each rank sends a share to each of 3
 * peers and 4 to its mate, which forwards 3 of them to its own peers. All ranks at once, over the
 * links of the preset at a given rate, without latency.
 */
final class PcieRule {
  private PcieRule() {}

  /**
   * @param megabytes S, of a rank for all ranks
   * @param ownLast whether the mate's own share goes last, so that it hides the forwarding
   */
  static double milliseconds(double megabytes, double rate, boolean ownLast) {
    Topology topology = Topologies.named("pcie-8gpu");
    RuleScript script = new RuleScript();
    int ranks = topology.rankCount();
    int[][] link = new int[ranks][ranks];
    for (int from = 0; from < ranks; from++) {
      for (int to = 0; to < ranks; to++) {
        link[from][to] = from != to && topology.link(from, to) != null ? script.link(rate) : -1;
      }
    }
    double share = megabytes / ranks;
    List<Integer> crossed = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      int mate = topology.mates(rank)[0];
      for (int peer : topology.peers(rank)) {
        script.move(share, link[rank][peer]);
      }
      if (ownLast) {
        crossed.add(script.move(3 * share, link[rank][mate]));
        script.move(share, link[rank][mate]);
      } else {
        crossed.add(script.move(4 * share, link[rank][mate]));
      }
    }
    for (int rank = 0; rank < ranks; rank++) {
      int mate = topology.mates(rank)[0];
      for (int peer : topology.peers(mate)) {
        script.move(share, link[mate][peer], crossed.get(rank));
      }
    }
    return script.milliseconds();
  }
}
