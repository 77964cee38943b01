package io.moelink.layout.cost;

/**
 * One figure of the old design, and the same recomputed by its rule.
 *
 * @param row number of its row in the table of the specification
 * @param what what it is the figure of
 * @param unit ms or GB/s
 * @param published as published
 * @param rule how it follows from sizes and rates, in words
 * @param recomputed by that rule
 */
public record PublishedFigure(
    int row, String what, String unit, double published, String rule, double recomputed) {

  /** How far the recomputed figure is from the published one, as a part of it, with its sign. */
  public double deviation() {
    return recomputed / published - 1;
  }
}
