package io.moelink.layout.routing;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;

/**
 * Which rank holds which experts. Every rank holds one contiguous block of experts, which may be
 * empty; the blocks are a partition of 0..E-1. Immutable; may be shared between threads.
 */
public final class ExpertPlacement {
  /** Most ranks of a placement. */
  public static final int MAX_RANKS = 65_536;

  private static final int UNHELD = -1;

  private final int[] firstOfRank;
  private final int[] countOfRank;
  private final int[] rankOfExpert;
  private final int maxCount;

  private ExpertPlacement(int[] firstOfRank, int[] countOfRank, int[] rankOfExpert) {
    this.firstOfRank = firstOfRank;
    this.countOfRank = countOfRank;
    this.rankOfExpert = rankOfExpert;
    this.maxCount = Arrays.stream(countOfRank).max().orElseThrow();
  }

  /**
   * The default: blocks in the order of ranks, E/R experts each and one more on the first E%R
   * ranks. With more ranks than experts the last ranks hold none.
   */
  public static ExpertPlacement contiguous(int experts, int ranks) {
    checkExperts(experts);
    checkRanks(ranks);
    int[] counts = new int[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      counts[rank] = experts / ranks + (rank < experts % ranks ? 1 : 0);
    }
    return ofCounts(counts);
  }

  /** Blocks in the order of ranks: rank r holds the next {@code counts[r]} experts, 0 or more. */
  public static ExpertPlacement ofCounts(int... counts) {
    checkRanks(counts.length);
    int[] first = new int[counts.length];
    long next = 0;
    for (int rank = 0; rank < counts.length; rank++) {
      checkCount(rank, counts[rank]);
      first[rank] = (int) Math.min(next, TopK.MAX_EXPERTS);
      next += counts[rank];
    }
    return ofBlocks(first, counts);
  }

  /**
   * Blocks in any order: rank r holds {@code counts[r]} experts from {@code first[r]} on. The first
   * expert of an empty block means nothing.
   */
  public static ExpertPlacement ofBlocks(int[] first, int[] counts) {
    checkRanks(counts.length);
    if (first.length != counts.length) {
      throw new InvalidInputException(
          "placement: "
              + first.length
              + " first experts, expected "
              + counts.length
              + " (one for each count)");
    }
    long experts = 0;
    for (int rank = 0; rank < counts.length; rank++) {
      checkCount(rank, counts[rank]);
      experts += counts[rank];
    }
    checkExperts(experts);
    int[] firstOfRank = new int[counts.length];
    int[] rankOfExpert = new int[(int) experts];
    Arrays.fill(rankOfExpert, UNHELD);
    for (int rank = 0; rank < counts.length; rank++) {
      if (counts[rank] == 0) {
        continue;
      }
      if (first[rank] < 0 || first[rank] > experts - counts[rank]) {
        throw new InvalidInputException(
            String.format(
                "placement: rank %d: %d experts from %d, expected a first expert 0..%d",
                rank, counts[rank], first[rank], experts - counts[rank]));
      }
      firstOfRank[rank] = first[rank];
      for (int expert = first[rank]; expert < first[rank] + counts[rank]; expert++) {
        if (rankOfExpert[expert] != UNHELD) {
          // as many experts as places: held twice here means that another is held by none
          throw new InvalidInputException(
              String.format(
                  "placement: expert %d is held by rank %d and by rank %d, expected one rank",
                  expert, rankOfExpert[expert], rank));
        }
        rankOfExpert[expert] = rank;
      }
    }
    return new ExpertPlacement(firstOfRank, counts.clone(), rankOfExpert);
  }

  private static void checkExperts(long experts) {
    if (experts < 1 || experts > TopK.MAX_EXPERTS) {
      throw new InvalidInputException(
          "placement: " + experts + " experts, expected 1.." + TopK.MAX_EXPERTS);
    }
  }

  private static void checkRanks(int ranks) {
    if (ranks < 1 || ranks > MAX_RANKS) {
      throw new InvalidInputException("placement: " + ranks + " ranks, expected 1.." + MAX_RANKS);
    }
  }

  private static void checkCount(int rank, int count) {
    if (count < 0) {
      throw new InvalidInputException(
          "placement: rank " + rank + ": " + count + " experts, expected 0 or more");
    }
  }

  /** Experts of the layer, E. */
  public int experts() {
    return rankOfExpert.length;
  }

  /** Ranks, those without experts included. */
  public int ranks() {
    return countOfRank.length;
  }

  /** The first expert of a rank; 0 where the rank holds none. */
  public int firstExpert(int rank) {
    return firstOfRank[rank];
  }

  /** How many experts a rank holds, 0 or more. */
  public int expertCount(int rank) {
    return countOfRank[rank];
  }

  /** The rank that holds an expert. */
  public int rankOf(int expert) {
    return rankOfExpert[expert];
  }

  /** The largest {@link #expertCount} of all ranks. */
  public int maxExpertCount() {
    return maxCount;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExpertPlacement that
        && Arrays.equals(countOfRank, that.countOfRank)
        && Arrays.equals(firstOfRank, that.firstOfRank);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(countOfRank) + Arrays.hashCode(firstOfRank);
  }

  @Override
  public String toString() {
    return "ExpertPlacement[experts="
        + experts()
        + ", ranks="
        + ranks()
        + ", counts="
        + Arrays.toString(countOfRank)
        + "]";
  }
}
