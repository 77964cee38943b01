package io.moelink.transport;

/**
 * A transfer or a wait that failed for a reason outside the caller's arguments: a deadline passed,
 * a rank died or closed, the group was aborted, memory ran out, the thread was interrupted (its
 * interrupt status stays set). Wrong arguments give {@link IllegalArgumentException}, use after
 * close or release {@link IllegalStateException}.
 */
public final class TransportException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int rank;

  /**
   * A failure.
   *
   * @param rank the rank at fault or waited for, -1 when it is none in particular
   * @param message one line: operation, ranks, expected, found
   */
  public TransportException(int rank, String message) {
    this(rank, message, null);
  }

  /** A failure with what caused it; see the other constructor. */
  public TransportException(int rank, String message, Throwable cause) {
    super(message, cause);
    this.rank = rank;
  }

  /** The rank at fault or waited for, -1 when it is none in particular. */
  public int rank() {
    return rank;
  }
}
