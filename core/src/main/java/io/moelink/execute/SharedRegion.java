package io.moelink.execute;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.Span;
import io.moelink.transport.Transport;

/**
 * A region of this rank that other ranks can attach.
 *
 * @param region the memory
 * @param key what others attach it by
 */
public record SharedRegion(Region region, byte[] key) {
  /** Allocates and exports shared memory. */
  public static SharedRegion allocate(Transport transport, long bytes, String purpose) {
    Region region = transport.allocate(MemoryKind.SHARED, bytes, purpose);
    return new SharedRegion(region, transport.export(region));
  }

  /** A place in it. */
  public Place at(long offset) {
    return new Place(this, offset);
  }

  /** A place in shared memory of this rank. */
  public record Place(SharedRegion memory, long offset) {
    Span span() {
      return new Span(memory.region(), offset);
    }
  }
}
