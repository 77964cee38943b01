package io.moelink.cli.cost;

import io.moelink.layout.cost.SimulationResult;

/** Both ways of one algorithm. */
public record Simulated(String algorithm, SimulationResult dispatch, SimulationResult combine) {
  /** Of both. */
  public double seconds() {
    return dispatch.seconds() + combine.seconds();
  }
}
