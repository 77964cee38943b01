package io.moelink.transport;

import io.moelink.kernel.Region;

/**
 * Argument checks for those who write a transport, so that all transports say the same words. Each
 * throws {@link IllegalArgumentException} with one line.
 */
public final class TransportChecks {
  /** Most bytes that a region can have; sizes above it are taken for mistakes. */
  public static final long REGION_BYTES_MAX = 1L << 42;

  /** Most bytes of an exported key. */
  public static final int KEY_BYTES_MAX = 64;

  private TransportChecks() {}

  /** That a rank exists. */
  public static void rank(String operation, int rank, int size) {
    if (rank < 0 || rank >= size) {
      throw new IllegalArgumentException(
          "%s: rank=%d is outside 0..%d".formatted(operation, rank, size - 1));
    }
  }

  /** That a signal slot exists. */
  public static void signal(String operation, int signal, int count) {
    if (signal < 0 || signal >= count) {
      throw new IllegalArgumentException(
          "%s: signal=%d is outside 0..%d".formatted(operation, signal, count - 1));
    }
  }

  /** That a region can have this size. */
  public static void regionBytes(String operation, String purpose, long bytes) {
    if (bytes < 0 || bytes > REGION_BYTES_MAX) {
      throw new IllegalArgumentException(
          "%s: region '%s': bytes=%d is outside 0..%d"
              .formatted(operation, purpose, bytes, REGION_BYTES_MAX));
    }
  }

  /** That a wait is for something. */
  public static void arrivals(String operation, int arrivals) {
    if (arrivals < 1) {
      throw new IllegalArgumentException(
          "%s: arrivals=%d, expected at least 1".formatted(operation, arrivals));
    }
  }

  /** That a range lies in a region. */
  public static void range(
      String operation, String operand, Region region, long offset, long bytes) {
    long size = region.byteSize();
    // written so that no sum can overflow
    if (offset < 0 || bytes < 0 || offset > size || bytes > size - offset) {
      throw new IllegalArgumentException(
          "%s: %s region '%s' of rank=%d: offset=%d bytes=%d is outside its %d bytes"
              .formatted(operation, operand, region.purpose(), region.rank(), offset, bytes, size));
    }
  }

  /** That a region is memory of the calling rank. */
  public static void local(String operation, String operand, Region region, int rank) {
    if (region.rank() != rank) {
      throw new IllegalArgumentException(
          "%s: %s region '%s' is memory of rank=%d, expected memory of the calling rank=%d"
              .formatted(operation, operand, region.purpose(), region.rank(), rank));
    }
  }

  /**
   * Refuses the number of a posted put that was not given.
   *
   * @param last the last that was given
   */
  public static void postedPut(String operation, long put, long last) {
    if (put < 0 || put > last) {
      throw new IllegalArgumentException(
          "%s: put=%d was not posted, expected 0..%d".formatted(operation, put, last));
    }
  }
}
