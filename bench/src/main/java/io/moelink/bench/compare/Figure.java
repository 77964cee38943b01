package io.moelink.bench.compare;

import java.util.SortedMap;

/**
 * One contestant in one case and state.
 *
 * @param contestant its name
 * @param dispatchMs milliseconds
 * @param combineMs milliseconds
 * @param over times of this one over those of others that took turns with it, by name
 */
record Figure(
    String contestant, Spread dispatchMs, Spread combineMs, SortedMap<String, Ratio> over) {

  /**
   * Medians of one over medians of another.
   *
   * @param dispatch of dispatch
   * @param combine of combine
   */
  record Ratio(double dispatch, double combine) {
    static Ratio of(Spread[] one, Spread[] other) {
      return new Ratio(one[0].median() / other[0].median(), one[1].median() / other[1].median());
    }
  }
}
