package io.moelink.layout.dispatch;

/**
 * What one source rank publishes about its routing, and all that other ranks ever read of it. Rows
 * of slices are read in bulk, so that an implementation may lie in another rank's memory.
 */
public interface SourceRouting {
  /** Tokens of this source. */
  int tokens();

  /** Slots with an expert below {@code expert}; {@code expert} may be E. */
  int offset(int expert);

  /**
   * Copies {@link #offset} of {@code count} experts from {@code fromExpert} on; the last may be E.
   *
   * @param into whose first {@code count} elements are written
   */
  void offsets(int fromExpert, int count, int[] into);

  /**
   * Copies the slots ({@code token * K + k}, ascending inside an expert) of experts {@code
   * fromExpert} to {@code toExpert - 1} to {@code into}, from index {@code at} on.
   */
  void slots(int fromExpert, int toExpert, int[] into, int at);

  /** Copies the weights of the same slots to {@code into}, from index {@code at} on. */
  void weights(int fromExpert, int toExpert, float[] into, int at);

  /**
   * Copies the bitmap of the tokens that {@code scope} needs; {@code scope} is a rank, a VNode or a
   * domain.
   */
  void words(Scope scope, long[] into);

  /** Tokens that {@code scope} needs; for ALL, all of them. */
  int count(Scope scope);
}
