package io.moelink.bootstrap;

/** Ranks that could not come together. */
public final class BootstrapException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int rank;

  /**
   * A failure.
   *
   * @param rank the lowest rank at fault, -1 when it is none in particular
   * @param message one line: call, ranks, expected, found
   */
  public BootstrapException(int rank, String message) {
    this(rank, message, null);
  }

  /** A failure with what caused it; see the other constructor. */
  public BootstrapException(int rank, String message, Throwable cause) {
    super(message, cause);
    this.rank = rank;
  }

  /** The lowest rank at fault, -1 when it is none in particular. */
  public int rank() {
    return rank;
  }
}
