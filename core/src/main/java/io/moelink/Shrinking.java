package io.moelink;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.routing.ExpertPlacement;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Works out the config of the ranks that are left of a group. */
final class Shrinking {
  private final ExpertGroupConfig before;
  private final int[] ranks;
  private final boolean masked;

  /**
   * @param ranks those that are left, ascending
   */
  Shrinking(ExpertGroupConfig before, int[] ranks, LostExperts experts) {
    this.before = before;
    this.ranks = ranks;
    masked = experts == LostExperts.MASKED;
  }

  Remaining remaining() {
    int experts = before.placement().experts();
    IntStream left = IntStream.range(0, experts);
    if (masked) {
      left = left.filter(expert -> contains(before.placement().rankOf(expert)));
    }
    return new Remaining(ranks, left.toArray(), experts);
  }

  private boolean contains(int rank) {
    return Arrays.binarySearch(ranks, rank) >= 0;
  }

  ExpertGroupConfig config() {
    int[] lost =
        IntStream.range(0, before.placement().ranks()).filter(rank -> !contains(rank)).toArray();
    return before.with(before.topology().without(lost), placement());
  }

  private ExpertPlacement placement() {
    ExpertPlacement old = before.placement();
    if (!masked) {
      return ExpertPlacement.contiguous(old.experts(), ranks.length);
    }
    int[] first = new int[ranks.length];
    int[] counts = new int[ranks.length];
    int next = 0;
    // blocks keep their order, and close up
    for (int rank :
        IntStream.range(0, ranks.length)
            .boxed()
            .sorted(Comparator.comparingInt(rank -> old.firstExpert(ranks[rank])))
            .toList()) {
      first[rank] = next;
      counts[rank] = old.expertCount(ranks[rank]);
      next += counts[rank];
    }
    return ExpertPlacement.ofBlocks(first, counts);
  }

  /** Ends the seat at the bootstrap when a group of the ranks that are left does not come up. */
  static ExpertGroup orClose(Bootstrap bootstrap, java.util.function.Supplier<ExpertGroup> open) {
    try {
      return open.get();
    } catch (RuntimeException e) {
      bootstrap.close();
      throw e;
    }
  }
}
