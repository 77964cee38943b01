package io.moelink.layout.cost;

import io.moelink.layout.plan.Plan;
import io.moelink.layout.topology.Topology;

/**
 * Runs a plan in simulated time.
 *
 * <ul>
 *   <li>A step can start when the buffers that it reads are complete. A permute that reads what a
 *       push brings starts after the first chunk, and its last chunk starts when the push has ended
 *       (in between it is not held back to the pace of the push, which moves when the copy engine
 *       is busy but not when the permute can end).
 *   <li>Steps of one rank that go to or come from the same rank run one after the other, those that
 *       come first in the plan first; all others at once. Their latencies overlap.
 *   <li>A transfer uses every link of its way at once. A link of its own, or the port of a card
 *       where the kind shares one, is divided max-min fairly among the steps on it, each direction
 *       by itself; so is the copy engine of a rank.
 * </ul>
 *
 * <p>Equal input gives an equal result to the bit. On plans of 20,000 steps and more, ends that are
 * within a thousandth of the least possible time of one another count as one event, at the latest
 * of them; so each step of a chain may end that much later than it would.
 */
public final class FabricSimulator {
  private final Topology topology;
  private final RowShape shape;

  public FabricSimulator(Topology topology, RowShape shape) {
    this.topology = topology;
    this.shape = shape;
  }

  /**
   * Simulates a plan of this topology.
   *
   * @param rows of the routing, with as many ranks
   */
  public SimulationResult run(Plan plan, RowCounts rows) {
    if (plan.rankCount() != topology.rankCount()) {
      throw new IllegalArgumentException(
          "plan of %d ranks on %s, which has %d"
              .formatted(plan.rankCount(), topology.name(), topology.rankCount()));
    }
    Resources resources = new Resources(topology);
    StepGraph graph = new StepGraph(plan);
    StepCosts costs = new StepCosts(topology, rows, shape, resources);
    return new Simulation(plan, graph, costs, resources).run();
  }
}
