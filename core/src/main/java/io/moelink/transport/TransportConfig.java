package io.moelink.transport;

import io.moelink.bootstrap.Bootstrap;
import java.time.Duration;
import java.util.Objects;

/**
 * How to open a transport.
 *
 * @param bootstrap how the ranks find each other; stays the caller's to close, after the transport
 * @param signalCount signal slots of every rank, the same on all ranks, 1 to {@link
 *     #SIGNAL_COUNT_MAX}; they start at 0
 * @param timeout longest wait of the calls that take no deadline of their own, opening first of all
 * @param computeUnits threads or compute units that kernels may use, at least 1
 */
public record TransportConfig(
    Bootstrap bootstrap, int signalCount, Duration timeout, int computeUnits) {
  /** Most signal slots that a rank can have. */
  public static final int SIGNAL_COUNT_MAX = 1 << 24;

  /** Checks the values. */
  public TransportConfig {
    Objects.requireNonNull(bootstrap, "bootstrap");
    Objects.requireNonNull(timeout, "timeout");
    if (signalCount < 1 || signalCount > SIGNAL_COUNT_MAX) {
      throw new IllegalArgumentException(
          "signalCount=%d, expected 1..%d".formatted(signalCount, SIGNAL_COUNT_MAX));
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout=" + timeout + ", expected more than zero");
    }
    if (computeUnits < 1) {
      throw new IllegalArgumentException("computeUnits=" + computeUnits + ", expected at least 1");
    }
  }
}
