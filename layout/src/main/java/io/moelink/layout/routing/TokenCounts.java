package io.moelink.layout.routing;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;

/** How many tokens every rank has, as a user writes it. */
public final class TokenCounts {
  private TokenCounts() {}

  /**
   * Reads {@code "512"} (every rank has 512) or {@code "100,0,7"} (one count for each rank, in the
   * order of ranks).
   *
   * @param ranks ranks of the topology, 1 or more
   * @return int32 [ranks], each 0 or more
   * @throws InvalidInputException naming the rank, what was found and what is expected
   */
  public static int[] parse(String text, int ranks) {
    String[] parts = text.split(",", -1);
    if (parts.length != 1 && parts.length != ranks) {
      throw new InvalidInputException(
          "tokens per rank: "
              + parts.length
              + " counts, expected 1 or "
              + ranks
              + " (one for each rank)");
    }
    int[] counts = new int[ranks];
    for (int rank = 0; rank < parts.length; rank++) {
      counts[rank] = count(parts[rank].strip(), rank);
    }
    if (parts.length == 1) {
      Arrays.fill(counts, counts[0]);
    }
    return counts;
  }

  /** Deals {@code tokens} as evenly as possible: the first {@code tokens % ranks} get one more. */
  public static int[] even(int tokens, int ranks) {
    int[] counts = new int[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      counts[rank] = tokens / ranks + (rank < tokens % ranks ? 1 : 0);
    }
    return counts;
  }

  /** The sum of all ranks. */
  public static long sum(int[] tokensPerRank) {
    return Arrays.stream(tokensPerRank).asLongStream().sum();
  }

  private static int count(String text, int rank) {
    int count;
    try {
      count = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "tokens per rank: rank "
              + rank
              + ": \""
              + text
              + "\", expected a number 0.."
              + TopK.MAX_SLOTS,
          e);
    }
    if (count < 0 || count > TopK.MAX_SLOTS) {
      throw new InvalidInputException(
          "tokens per rank: rank "
              + rank
              + ": "
              + count
              + " tokens, expected 0.."
              + TopK.MAX_SLOTS);
    }
    return count;
  }
}
