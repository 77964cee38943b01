package io.moelink.nativestubs;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A region of the C side: its handle, and its bytes where this process can load them. */
final class FabricRegion implements Region {
  private final ShmTransport transport;
  private final long handle;
  private final int rank;
  private final MemoryKind kind;
  private final long byteSize;
  private final String purpose;
  private final Arena arena;
  private final MemorySegment segment;
  private volatile boolean released;

  /**
   * @param address 0 where this process cannot load the memory
   */
  FabricRegion(
      ShmTransport transport,
      long handle,
      int rank,
      MemoryKind kind,
      long address,
      long byteSize,
      String purpose) {
    this.transport = transport;
    this.handle = handle;
    this.rank = rank;
    this.kind = kind;
    this.byteSize = byteSize;
    this.purpose = purpose;
    arena = Arena.ofShared();
    segment = address == 0 ? null : view(address, byteSize, arena);
  }

  @SuppressWarnings("restricted") // the one place that gives addresses of the C side a size
  private static MemorySegment view(long address, long byteSize, Arena arena) {
    return MemorySegment.ofAddress(address).reinterpret(byteSize, arena, null);
  }

  ShmTransport transport() {
    return transport;
  }

  long handle() {
    return handle;
  }

  /** The handle, for kernels. */
  long usableHandle() {
    throwIfReleased();
    return handle;
  }

  private void throwIfReleased() {
    if (released) {
      throw new IllegalStateException(
          "region '%s' of rank=%d was released".formatted(purpose, rank));
    }
  }

  boolean released() {
    return released;
  }

  /** Ends the views of the bytes, so that no Java code reaches them any more. */
  void end() {
    if (!released) {
      released = true;
      arena.close();
    }
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
    if (rank != transport.rank()) {
      // the owner may have released it since it was attached
      transport.requireAlive(this);
    }
    if (segment == null) {
      throw new UnsupportedOperationException(
          "region '%s' of rank=%d: this process cannot load %s memory"
              .formatted(purpose, rank, kind));
    }
    return segment;
  }
}
