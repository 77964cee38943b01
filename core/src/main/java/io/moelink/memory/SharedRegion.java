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
    return new Place(this, offset);
  }

  /** Lets it go; the memory ends when nobody else holds its buffer. */
  public void release() {
    buffer.close();
  }

  /** A place in shared memory of this rank. */
  public record Place(SharedRegion memory, long offset) {
    /** The same for kernels. */
    public Span span() {
      return new Span(memory.region(), offset);
    }
  }
}
