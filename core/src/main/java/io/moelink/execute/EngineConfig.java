package io.moelink.execute;

import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Reach;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;
import java.time.Duration;
import java.util.List;

/**
 * What an {@link Engine} is set up for; the same on all ranks.
 *
 * @param plans makes the plans that will be run
 * @param topK slots per token
 * @param tokensMax tokens of a rank at most
 * @param payloadCount payloads of an operation at most
 * @param memoryBytesMax most bytes of shared memory of one rank
 * @param ringRows rows under way to one step at most, a power of two from 4 on
 * @param timeout longest wait of a call
 * @param computeUnits threads or compute units for kernels
 */
public record EngineConfig(
    Topology topology,
    ExpertPlacement placement,
    Plans plans,
    int topK,
    int tokensMax,
    int payloadCount,
    long memoryBytesMax,
    int ringRows,
    Duration timeout,
    int computeUnits) {

  /** Makes plans. */
  @FunctionalInterface
  public interface Plans {
    /** The plans, in the order of their numbers, where kernels reach as {@code reach} says. */
    List<Plan> make(Reach reach);
  }
}
