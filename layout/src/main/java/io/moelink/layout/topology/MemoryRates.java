package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;

/**
 * Rates of the ranks' own memory, 10^9 bytes a second.
 *
 * @param localCopy at which one rank copies or reorders rows, each byte counted once
 * @param memory of one rank's memory, reads and writes together
 * @param reduce at which one rank sums rows: half of the bytes that it reads and writes; as {@code
 *     localCopy} where memory alone bounds it
 * @param nodeCopy at which all ranks of a node copy together, where they share cores or a memory;
 *     infinite where each has its own
 */
public record MemoryRates(double localCopy, double memory, double reduce, double nodeCopy) {
  /**
   * @throws InvalidInputException when a rate is not above 0, or is out of range
   */
  public MemoryRates {
    require("local copy", localCopy);
    require("memory", memory);
    require("reduce", reduce);
    if (nodeCopy != Double.POSITIVE_INFINITY) {
      require("node copy", nodeCopy);
    }
  }

  /** Sums as fast as copies, and nothing shared between ranks. */
  public static MemoryRates of(double localCopy, double memory) {
    return new MemoryRates(localCopy, memory, localCopy, Double.POSITIVE_INFINITY);
  }

  /** Whether ranks of a node share what copies. */
  public boolean sharedByNode() {
    return nodeCopy != Double.POSITIVE_INFINITY;
  }

  private static void require(String what, double rate) {
    if (!Link.isRate(rate)) {
      throw new InvalidInputException(
          "%s rate: found %s, expected %s".formatted(what, rate, Link.RATE));
    }
  }
}
