package io.moelink.bench.compare;

import java.util.Locale;
import java.util.Optional;

/**
 * How far apart the two cores are, by the way of a cache line between them and back. Some hosts
 * move a virtual machine's cores: near, they share a cache (about 60 ns), far, they do not (about
 * 225 ns), and everything that moves memory takes another time then.
 */
enum HostState {
  NEAR,
  FAR;

  private static final double FAR_FROM_NANOS = 110;

  /** Two probes that differ more were not taken in one state. */
  private static final double SPREAD_MAX = 1.5;

  /** The state of a sample; empty when it changed between the probes before and after. */
  static Optional<HostState> of(double before, double after) {
    HostState state = of(before);
    boolean steady =
        state == of(after) && Math.max(before, after) <= SPREAD_MAX * Math.min(before, after);
    return steady ? Optional.of(state) : Optional.empty();
  }

  private static HostState of(double nanos) {
    return nanos < FAR_FROM_NANOS ? NEAR : FAR;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
