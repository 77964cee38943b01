package io.moelink.kernel;

import java.util.Objects;

/**
 * A place in a region where rows start.
 *
 * @param region the memory
 * @param offset bytes from its start; 0 to the region's size
 */
public record Span(Region region, long offset) {
  /** Checks that the offset lies in the region. */
  public Span {
    Objects.requireNonNull(region, "region");
    if (offset < 0 || offset > region.byteSize()) {
      throw new IllegalArgumentException(
          "span: region '%s' of rank=%d: offset=%d is outside 0..%d"
              .formatted(region.purpose(), region.rank(), offset, region.byteSize()));
    }
  }

  /** The start of a region. */
  public static Span of(Region region) {
    return new Span(region, 0);
  }
}
