package io.moelink.layout.plan;

/** A way to dispatch and combine: a function from a topology to plans. */
public interface Algorithm {
  /** The name that users give. */
  String name();

  /** In which order its combine adds, which decides the bits of the result. */
  SumOrder sumOrder();

  /** Whether its plans depend on the staging policy of the request. */
  default boolean stages() {
    return false;
  }

  /** The plan that brings every token's row to the experts that it chose. */
  Plan dispatch(PlanRequest request);

  /** The plan that sums the experts' rows back into token order. */
  Plan combine(PlanRequest request);
}
