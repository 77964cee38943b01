package io.moelink.layout.cost;

import java.util.OptionalDouble;

/**
 * A figure of the old design beside what its own rule gives, what the simulator gives for that
 * rule, and what it gives for a plan of ours.
 *
 * @param row of page 5 of the specification
 * @param what was estimated or measured
 * @param unit of all figures: ms or GB/s
 * @param published the old design's figure; of a range its middle
 * @param measured whether that was measured, so that there is no rule
 * @param rule in words
 * @param byRule the rule, computed; nothing where measured
 * @param simulated the rule's transfers, run by the simulator; nothing where measured
 * @param plan our plan and fabric, in words; empty where there is none to compare
 * @param byPlan the same, simulated with the preset's link figures; nothing where there is none
 */
public record PublishedFigure(
    String row,
    String what,
    String unit,
    double published,
    boolean measured,
    String rule,
    OptionalDouble byRule,
    OptionalDouble simulated,
    String plan,
    OptionalDouble byPlan) {
  /** How far the rule's figure is from the published one, as a part of it, with its sign. */
  public OptionalDouble deviation() {
    return byRule.isPresent()
        ? OptionalDouble.of(byRule.getAsDouble() / published - 1)
        : OptionalDouble.empty();
  }
}
