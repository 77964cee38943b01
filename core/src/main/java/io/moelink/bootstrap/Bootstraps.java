package io.moelink.bootstrap;

import java.util.List;

/** Makes bootstraps. */
public final class Bootstraps {
  /** Most ranks of one JVM. */
  public static final int IN_JVM_RANKS_MAX = 4096;

  private Bootstraps() {}

  /**
   * The bootstraps of a job whose ranks are threads of this JVM, by rank; hand one to each thread.
   *
   * @param size ranks, 1 to {@link #IN_JVM_RANKS_MAX}
   */
  public static List<Bootstrap> inJvm(int size) {
    if (size < 1 || size > IN_JVM_RANKS_MAX) {
      throw new IllegalArgumentException(
          "in-JVM bootstrap: size=%d is outside 1..%d".formatted(size, IN_JVM_RANKS_MAX));
    }
    return InJvmBootstrap.group(size);
  }
}
