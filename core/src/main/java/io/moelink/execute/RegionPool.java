package io.moelink.execute;

import io.moelink.memory.GroupMemory;
import io.moelink.memory.SharedRegion;
import java.util.ArrayList;
import java.util.List;

/**
 * Shared regions that are used again and again: allocated and exported when a larger one is needed,
 * so that a group in its steady state allocates none. Not for several threads.
 */
public final class RegionPool {
  private static final long BYTES_MIN = 1 << 16;
  private static final int FREE_MAX = 8;

  private final GroupMemory memory;
  private final String purpose;
  private final List<SharedRegion> free = new ArrayList<>();

  public RegionPool(GroupMemory memory, String purpose) {
    this.memory = memory;
    this.purpose = purpose;
  }

  /** The smallest free region of at least {@code bytes}, or a new one with an eighth to spare. */
  public SharedRegion acquire(long bytes) {
    SharedRegion best = null;
    for (int i = 0; i < free.size(); i++) {
      SharedRegion candidate = free.get(i);
      long size = candidate.region().byteSize();
      if (size >= bytes && (best == null || size < best.region().byteSize())) {
        best = candidate;
      }
    }
    if (best != null) {
      free.remove(best);
      return best;
    }
    return memory.allocate(Math.max(BYTES_MIN, bytes + bytes / 8), purpose);
  }

  /** Releases the regions that nobody uses. */
  public void close() {
    free.forEach(SharedRegion::release);
    free.clear();
  }

  /** Takes a region back. Releases the smallest when there are more than enough. */
  public void giveBack(SharedRegion region) {
    free.add(region);
    if (free.size() > FREE_MAX) {
      SharedRegion smallest = free.getFirst();
      for (SharedRegion candidate : free) {
        if (candidate.region().byteSize() < smallest.region().byteSize()) {
          smallest = candidate;
        }
      }
      free.remove(smallest);
      smallest.release();
    }
  }
}
