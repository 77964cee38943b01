package io.moelink.bench.compare;

import java.util.List;

/**
 * One round of all ranks: from the first rank's start to the last rank's end.
 *
 * @param dispatchMs milliseconds of dispatch
 * @param combineMs milliseconds of combine
 */
record Round(double dispatchMs, double combineMs) {
  private static final double NANOS = 1e6;

  /**
   * Puts ranks together.
   *
   * @param byRank times in nanoseconds of one clock
   * @param at where this round's four times begin
   */
  static Round of(List<long[]> byRank, int at) {
    return new Round(span(byRank, at), span(byRank, at + 2));
  }

  private static double span(List<long[]> byRank, int at) {
    long start = byRank.stream().mapToLong(times -> times[at]).min().orElseThrow();
    long end = byRank.stream().mapToLong(times -> times[at + 1]).max().orElseThrow();
    return (end - start) / NANOS;
  }
}
