package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.util.Objects;

/**
 * One direction of a link between two ranks.
 *
 * @param kind what wire it is
 * @param gigabytesPerSecond rate in this direction, 10^9 bytes a second, above 0; links whose kind
 *     {@linkplain LinkKind#sharesCardPort() shares a port} have it together
 * @param microseconds time from the start of a transfer to its first byte, 0 or more
 */
public record Link(LinkKind kind, double gigabytesPerSecond, double microseconds) {
  /**
   * @throws InvalidInputException when a figure is out of its range or not finite
   */
  public Link {
    Objects.requireNonNull(kind, "kind");
    if (!isRate(gigabytesPerSecond)) {
      throw new InvalidInputException(
          kind + " link: gigabytes_per_second: found " + gigabytesPerSecond + ", expected " + RATE);
    }
    if (!isLatency(microseconds)) {
      throw new InvalidInputException(
          kind + " link: microseconds: found " + microseconds + ", expected " + LATENCY);
    }
  }

  static final String RATE = "a number above 0, at most 1e9";
  static final String LATENCY = "a number from 0 to 1e9";
  private static final double LIMIT = 1e9;

  static boolean isRate(double value) {
    return value > 0 && value <= LIMIT;
  }

  static boolean isLatency(double value) {
    return value >= 0 && value <= LIMIT;
  }
}
