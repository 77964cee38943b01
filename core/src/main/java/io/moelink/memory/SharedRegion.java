package io.moelink.memory;

import io.moelink.kernel.Region;
import io.moelink.kernel.Span;
import org.apache.arrow.memory.ArrowBuf;

/**
 * A region of this rank that other ranks can attach.
 *
 * @param region the memory
 * @param key what others attach it by
 * @param buffer Arrow's view of the same bytes, which owns them
 */
public record SharedRegion(Region region, byte[] key, ArrowBuf buffer) {
  /** A place in it. */
  public Place at(long offset) {
    return new Place(this, new Span(region, offset));
  }

  /** Lets it go; the memory ends when nobody else holds its buffer. */
  public void release() {
    buffer.close();
  }

  /**
   * A place in shared memory of this rank.
   *
   * @param span the same for kernels
   */
  public record Place(SharedRegion memory, Span span) {
    /** Bytes from the start of the memory. */
    public long offset() {
      return span.offset();
    }
  }
}
