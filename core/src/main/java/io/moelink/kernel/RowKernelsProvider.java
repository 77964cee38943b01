package io.moelink.kernel;

import java.util.Optional;

/**
 * Row kernels that work on memory of this process, found by the service loader: faster ones than
 * Java's, where their library is there.
 */
public interface RowKernelsProvider {
  /** The name by which a user asks for them, such as {@code c}. */
  String name();

  /** New kernels, or empty where their library is not there. */
  Optional<RowKernels> open();
}
