package io.moelink.layout.plan;

/** In which order a combine adds the partials of the ranks (page 3.3 of the specification). */
public enum SumOrder {
  /** At the source, by ascending rank. */
  BY_RANK,
  /** Along the topology's tree: at each level the reducing rank's own partial, then the others. */
  BY_TREE
}
