package io.moelink.nativestubs.abi;

/** The row kernels, by the names of their functions with and without a context. */
public enum Kernel {
  GATHER("spc_gather_rows", "spc_raw_gather_rows"),
  SCATTER("spc_scatter_rows", "spc_raw_scatter_rows"),
  REDUCE("spc_reduce_rows", "spc_raw_reduce_rows"),
  DOT("spc_dot_rows", "spc_raw_dot_rows"),
  SCALE("spc_scale_rows", "spc_raw_scale_rows"),
  REORDER("spc_reorder", "spc_raw_reorder"),
  FILL("spc_fill", "spc_raw_fill");

  final String function;
  final String rawFunction;

  Kernel(String function, String rawFunction) {
    this.function = function;
    this.rawFunction = rawFunction;
  }
}
