package io.moelink.cli.cost;

import io.moelink.layout.cost.SimulationResult;

/** Both ways of one algorithm. */
record Simulated(String algorithm, SimulationResult dispatch, SimulationResult combine) {
  double seconds() {
    return dispatch.seconds() + combine.seconds();
  }
}
