package io.moelink.cli.report;

import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** How unevenly a routing loads experts and ranks. */
final class Skew {
  private Skew() {}

  static Map<String, Object> of(TopK[] choices, int experts, int ranks) {
    long[] perExpert = new long[experts];
    for (TopK rank : choices) {
      for (int id : rank.ids()) {
        if (id != TopK.NONE) {
          perExpert[id]++;
        }
      }
    }
    ExpertPlacement placement = ExpertPlacement.contiguous(experts, ranks);
    long[] perRank = new long[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      int first = placement.firstExpert(rank);
      for (int expert = first; expert < first + placement.expertCount(rank); expert++) {
        perRank[rank] += perExpert[expert];
      }
    }
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("perExpert", perExpert);
    data.put("perRank", perRank);
    data.put("idleExperts", Arrays.stream(perExpert).filter(rows -> rows == 0).count());
    data.put("busiestExpert", overMean(perExpert));
    data.put("busiestRank", overMean(perRank));
    return data;
  }

  /** The largest as a multiple of the mean; 0 where there is nothing. */
  private static double overMean(long[] rows) {
    double mean = Arrays.stream(rows).average().orElse(0);
    return mean == 0 ? 0 : Arrays.stream(rows).max().orElse(0) / mean;
  }
}
