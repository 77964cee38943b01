package io.moelink.layout.plan;

import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.topology.Topology;

/**
 * What a plan is made for.
 *
 * @param topology the fabric
 * @param staging what entries stage; read by algorithms that {@linkplain Algorithm#stages() stage}
 * @param reach which memory kernels can work on
 * @param columnMajor whether the caller's rows are column-major, so that the plan reorders them
 * @param rowPartials whether partials have the type of rows, so that one sum can add both
 */
public record PlanRequest(
    Topology topology,
    StagingPolicy staging,
    Reach reach,
    boolean columnMajor,
    boolean rowPartials) {

  /** UNION staging, the reach of the topology's links, row-major rows, partials of their type. */
  public static PlanRequest of(Topology topology) {
    return new PlanRequest(topology, StagingPolicy.UNION, Reach.of(topology), false, true);
  }

  public PlanRequest withStaging(StagingPolicy policy) {
    return new PlanRequest(topology, policy, reach, columnMajor, rowPartials);
  }

  public PlanRequest withReach(Reach other) {
    return new PlanRequest(topology, staging, other, columnMajor, rowPartials);
  }

  public PlanRequest withColumnMajor(boolean columns) {
    return new PlanRequest(topology, staging, reach, columns, rowPartials);
  }

  public PlanRequest withRowPartials(boolean alike) {
    return new PlanRequest(topology, staging, reach, columnMajor, alike);
  }
}
