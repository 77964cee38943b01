package io.moelink.execute;

import io.moelink.memory.SharedRegion;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * Puts under way and the memory that they read. Rows are packed into places that are used again
 * when the put of what was in them has read it: a few of them, so that one is filled while others
 * are on their way. Not for several threads.
 */
final class Posts {
  /** One is packed, one is on its way, one has come and is about to be confirmed, one to spare. */
  private static final int PLACES = 4;

  private final Transport transport;
  private final RegionPool pool;

  /** Oldest first. */
  private final ArrayDeque<Packed> underWay = new ArrayDeque<>();

  /** Puts from where rows lie, and where they go. */
  private long[] fromBuffers = new long[16];

  private int[] ranks = new int[fromBuffers.length];
  private int count;

  /** A packed chunk on its way. */
  private record Packed(SharedRegion place, long put, int rank) {}

  Posts(Transport transport, RegionPool pool) {
    this.transport = transport;
    this.pool = pool;
  }

  /** Whether there is a free place, or one to be had. */
  boolean hasPlace() {
    while (!underWay.isEmpty() && transport.sourceFree(underWay.getFirst().put())) {
      pool.giveBack(underWay.removeFirst().place());
    }
    return underWay.size() < PLACES;
  }

  /** Memory for a chunk; asked for when {@link #hasPlace}. */
  SharedRegion place(long bytes) {
    return pool.acquire(bytes);
  }

  /** The chunk that was packed into a place is on its way by a put; 0: it has been read. */
  void sent(SharedRegion place, long put, int rank) {
    if (put == 0) {
      pool.giveBack(place);
    } else {
      underWay.addLast(new Packed(place, put, rank));
    }
  }

  /** Rows are on their way from a buffer; 0: they have been read. */
  void sent(long put, int rank) {
    if (put == 0) {
      return;
    }
    if (count == fromBuffers.length) {
      fromBuffers = Arrays.copyOf(fromBuffers, 2 * count);
      ranks = Arrays.copyOf(ranks, 2 * count);
    }
    fromBuffers[count] = put;
    ranks[count++] = rank;
  }

  /** Waits until no put reads a buffer any more. */
  void awaitBuffers(Deadline deadline) {
    while (count > 0) {
      transport.awaitSourceFree(fromBuffers[count - 1], ranks[count - 1], deadline);
      count--;
    }
  }

  /** Gives all places back; their release waits for the puts that read them. */
  void close() {
    while (!underWay.isEmpty()) {
      pool.giveBack(underWay.removeFirst().place());
    }
  }

  /** Waits until there is a place. */
  void awaitPlace(Deadline deadline) {
    while (!hasPlace()) {
      Packed oldest = underWay.getFirst();
      transport.awaitSourceFree(oldest.put(), oldest.rank(), deadline);
    }
  }
}
