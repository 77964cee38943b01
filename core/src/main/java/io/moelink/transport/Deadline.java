package io.moelink.transport;

import java.time.Duration;
import java.util.Objects;

/** A moment after which a call must not block any longer. Immutable; for any thread. */
public final class Deadline {
  // about 146 years: far enough that adding it to System.nanoTime() cannot wrap past it
  private static final long NANOS_MAX = Long.MAX_VALUE / 2;

  private final long startNanos;
  private final long lengthNanos;

  private Deadline(long startNanos, long lengthNanos) {
    this.startNanos = startNanos;
    this.lengthNanos = lengthNanos;
  }

  /** The deadline that passes {@code duration} from now; at once if that is zero or negative. */
  public static Deadline after(Duration duration) {
    Objects.requireNonNull(duration, "duration");
    long nanos;
    if (duration.isNegative()) {
      nanos = 0;
    } else if (duration.getSeconds() >= NANOS_MAX / 1_000_000_000L) {
      nanos = NANOS_MAX;
    } else {
      nanos = duration.toNanos();
    }
    return new Deadline(System.nanoTime(), nanos);
  }

  /** Whether the moment has come. */
  public boolean passed() {
    return nanosLeft() == 0;
  }

  /** Nanoseconds until the moment comes, 0 once it has. */
  public long nanosLeft() {
    return Math.max(0, lengthNanos - (System.nanoTime() - startNanos));
  }

  /** The length that was asked for, such as {@code 2000 ms}, for messages. */
  @Override
  public String toString() {
    return lengthNanos / 1_000_000 + " ms";
  }
}
