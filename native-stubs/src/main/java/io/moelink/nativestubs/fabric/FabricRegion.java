package io.moelink.nativestubs.fabric;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.NativeAccess;
import io.moelink.nativestubs.abi.RegionInfoStruct;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A region of a backend as one rank holds it: its own, attached, or registered. */
final class FabricRegion implements Region {
  private static final int FREE_TRIES_MAX = 2000;

  private static final ThreadLocal<MemorySegment> INFO =
      ThreadLocal.withInitial(() -> RegionInfoStruct.allocate(Arena.ofAuto()));

  private final Context context;
  private final long handle;
  private final int rank;
  private final MemoryKind kind;
  private final long byteSize;
  private final String purpose;
  private final MemorySegment segment;
  private final Arena arena;
  private final AtomicInteger holds = new AtomicInteger();
  private volatile boolean released;

  private FabricRegion(
      Context context,
      long handle,
      int rank,
      MemoryKind kind,
      String purpose,
      long byteSize,
      MemorySegment segment,
      Arena arena) {
    this.context = context;
    this.handle = handle;
    this.rank = rank;
    this.kind = kind;
    this.purpose = purpose;
    this.byteSize = byteSize;
    this.segment = segment;
    this.arena = arena;
  }

  /**
   * A region that the backend holds.
   *
   * @param address where it is, 0 when this process cannot load it
   */
  static FabricRegion of(
      Context context,
      long handle,
      int rank,
      MemoryKind kind,
      String purpose,
      long bytes,
      long address) {
    if (address == 0) {
      return new FabricRegion(context, handle, rank, kind, purpose, bytes, null, null);
    }
    // closed before the memory goes, so that no Java load can meet memory that is gone
    Arena arena = Arena.ofShared();
    MemorySegment segment = NativeAccess.view(address, bytes, arena);
    return new FabricRegion(context, handle, rank, kind, purpose, bytes, segment, arena);
  }

  /** Memory of the caller that the backend knows. */
  static FabricRegion registered(
      Context context, long handle, String purpose, MemorySegment segment) {
    return new FabricRegion(
        context,
        handle,
        context.rank(),
        MemoryKind.HOST,
        purpose,
        segment.byteSize(),
        segment,
        null);
  }

  boolean isHeldBy(Context other) {
    return context == other;
  }

  long handle() {
    return handle;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public MemoryKind kind() {
    return kind;
  }

  @Override
  public long byteSize() {
    return byteSize;
  }

  @Override
  public String purpose() {
    return purpose;
  }

  @Override
  public MemorySegment segment() {
    throwIfReleased();
    if (rank != context.rank()) {
      throwIfOwnerReleased();
    }
    if (segment == null) {
      throw new UnsupportedOperationException(
          "region '%s' of rank=%d cannot be loaded by rank=%d"
              .formatted(purpose, rank, context.rank()));
    }
    return segment;
  }

  @Override
  public void hold() {
    // counted before the look: who releases looks at the count after it has said so
    holds.getAndIncrement();
    try {
      throwIfReleased();
    } catch (IllegalStateException e) {
      letGo();
      throw e;
    }
  }

  @Override
  public void letGo() {
    holds.getAndDecrement();
  }

  void throwIfReleased() {
    if (released) {
      throw new IllegalStateException(
          "region '%s' of rank=%d is released".formatted(purpose, rank));
    }
    if (segment != null && !segment.scope().isAlive()) {
      throw new IllegalStateException(
          "region '%s' of rank=%d: its memory was freed".formatted(purpose, rank));
    }
  }

  private void throwIfOwnerReleased() {
    int code = context.fabric().regions().regionQuery(context.token(), handle, INFO.get());
    if (code == Codes.STALE_KEY) {
      throw new IllegalStateException(
          "region '%s' of rank=%d was released by its owner".formatted(purpose, rank));
    }
    if (code == Codes.PEER_CLOSED) {
      throw new TransportException(
          rank,
          "region '%s' of rank=%d is gone: rank=%d has closed".formatted(purpose, rank, rank));
    }
    if (code != Codes.OK) {
      throw context.failure("segment", "region '%s' of rank=%d".formatted(purpose, rank), code);
    }
  }

  /**
   * Ends Java's view of the memory; waits a little for native code of another owner that works on
   * it.
   */
  void endView() {
    released = true;
    for (int tries = 1; !tryClose(); tries++) {
      if (tries == FREE_TRIES_MAX) {
        throw new TransportException(
            rank,
            "release: region '%s' of rank=%d is still in use after %d ms"
                .formatted(purpose, rank, tries));
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private boolean tryClose() {
    if (holds.get() > 0) {
      return false;
    }
    if (arena == null || !arena.scope().isAlive()) {
      return true;
    }
    try {
      arena.close();
      return true;
    } catch (IllegalStateException e) {
      // a downcall that was given the segment is under way
      return false;
    }
  }

  @Override
  public String toString() {
    return "FabricRegion[rank=%d, purpose=%s, kind=%s, bytes=%d]"
        .formatted(rank, purpose, kind, byteSize);
  }
}
