package io.moelink.transport.loopback;

import io.moelink.kernel.MemoryKind;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Memory of one rank, however many ranks hold a {@link LoopbackRegion} of it. For any thread. */
final class SharedMemory {
  private enum State {
    LIVE,
    RELEASED,
    OWNER_CLOSED
  }

  private static final int FREE_TRIES_MAX = 2000;

  private final long id;
  private final int rank;
  private final MemoryKind kind;
  private final String purpose;
  private final MemorySegment segment;
  private final Arena arena;
  private final AtomicInteger holds = new AtomicInteger();
  private volatile State state = State.LIVE;

  /**
   * Memory that is in use from now on.
   *
   * @param arena what to close when it is freed, null for memory that is not ours
   */
  SharedMemory(
      long id, int rank, MemoryKind kind, String purpose, MemorySegment segment, Arena arena) {
    this.id = id;
    this.rank = rank;
    this.kind = kind;
    this.purpose = purpose;
    this.segment = segment;
    this.arena = arena;
  }

  long id() {
    return id;
  }

  int rank() {
    return rank;
  }

  MemoryKind kind() {
    return kind;
  }

  String purpose() {
    return purpose;
  }

  long byteSize() {
    return segment.byteSize();
  }

  MemorySegment segment() {
    throwIfGone();
    return segment;
  }

  void throwIfGone() {
    if (state == State.RELEASED) {
      throw new IllegalStateException(
          "region '%s' of rank=%d was released by its owner".formatted(purpose, rank));
    }
    if (state == State.OWNER_CLOSED) {
      throw new TransportException(
          rank,
          "region '%s' of rank=%d is gone: rank=%d has closed".formatted(purpose, rank, rank));
    }
  }

  /** Keeps it from being freed. */
  void hold() {
    // counted before the state is read, and freed after it was written: one of both sees the other
    holds.incrementAndGet();
    try {
      throwIfGone();
    } catch (RuntimeException e) {
      letGo();
      throw e;
    }
  }

  void letGo() {
    holds.decrementAndGet();
  }

  private void close() {
    if (holds.get() > 0) {
      throw new IllegalStateException("native code works on it");
    }
    if (arena != null) {
      arena.close();
    }
  }

  /** Ends its use; waits a little for a kernel of another rank that is at work on it. */
  void free(boolean ownerCloses) {
    state = ownerCloses ? State.OWNER_CLOSED : State.RELEASED;
    for (int tries = 1; ; tries++) {
      try {
        close();
        return;
      } catch (IllegalStateException e) {
        // native code holds the memory while a call runs; nothing can be freed under it
        if (tries == FREE_TRIES_MAX) {
          throw new TransportException(
              rank,
              "release: region '%s' of rank=%d is still in use after %d ms"
                  .formatted(purpose, rank, tries),
              e);
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }
}
