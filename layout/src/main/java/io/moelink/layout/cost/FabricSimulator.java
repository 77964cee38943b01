package io.moelink.layout.cost;

import io.moelink.layout.plan.Plan;
import io.moelink.layout.topology.Topology;

/**
 * Runs a plan in simulated time. Every step becomes flows of bytes over links and copy engines:
 *
 * <ul>
 *   <li>A step starts when all buffers that it reads are complete, as in the executor; nothing else
 *       holds it back. A flow between ranks waits for the latency of its way first.
 *   <li>A transfer uses every link of its way at once, as if the ranks between forwarded without
 *       work. A link of its own, or the port of a card where the kind shares one, is divided
 *       max-min fairly among the ways that meet there, each direction by itself. Steps between the
 *       same two ranks take turns, those that come first in the plan first.
 *   <li>A permute, a reduce, a reorder and the packing of a push use the rank's copy engine, which
 *       takes one byte for each that is read at home and written at home; so they take half of what
 *       they read and half of what they write there. Steps take turns on it in the same way. Memory
 *       that ranks share is at home for all of them, so a transfer through it is a copy by the rank
 *       that does it. A sum takes as many bytes more as the rank sums slower than it copies.
 *   <li>Where the topology says at what rate the ranks of a node copy together, their engines share
 *       it fairly.
 *   <li>A push that picks rows packs them chunk by chunk into two places, so that one chunk is
 *       packed while the one before is on the wire.
 * </ul>
 *
 * <p>Not in it: the launch of a kernel, signals between ranks, and what a card loses to protocol
 * and to congestion, unless the figures of the links have it.
 *
 * <p>Equal input gives an equal result to the bit. Where more than 10,000 ways meet (every pair of
 * some hundred ranks over relays), flows on them start and end on a grid of times, late by less
 * than a two-hundredth of the least possible time.
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
    TaskGraph graph = PlanTasks.of(plan, topology, rows, shape);
    FlowEngine engine = new FlowEngine(graph);
    double seconds = engine.run();
    return SimulationResult.of(seconds, graph, new Timeline(plan, graph, engine));
  }
}
