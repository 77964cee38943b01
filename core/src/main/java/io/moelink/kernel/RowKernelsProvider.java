package io.moelink.kernel;

import java.util.Optional;

/**
 * Makes kernels that work on any memory of this process. Found by {@link java.util.ServiceLoader};
 * for any thread.
 */
public interface RowKernelsProvider {
  /** The name a user chooses them by, such as {@code c}. */
  String name();

  /**
   * Why these kernels cannot be used here and what to do about it, in one line; empty when they
   * can. Never throws for that reason.
   */
  Optional<String> obstacle();

  /**
   * Kernels with scratch of their own. They work on the calling thread.
   *
   * @throws IllegalStateException when there is an obstacle
   * @throws io.moelink.layout.InvalidInputException when a setting of theirs asks for what there is
   *     not
   */
  RowKernels open();
}
