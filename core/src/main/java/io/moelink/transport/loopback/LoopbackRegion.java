package io.moelink.transport.loopback;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import java.lang.foreign.MemorySegment;

/** A region as one rank holds it. */
final class LoopbackRegion implements Region {
  private final LoopbackTransport holder;
  private final SharedMemory memory;
  private volatile boolean released;

  LoopbackRegion(LoopbackTransport holder, SharedMemory memory) {
    this.holder = holder;
    this.memory = memory;
  }

  LoopbackTransport holder() {
    return holder;
  }

  SharedMemory memory() {
    return memory;
  }

  void markReleased() {
    released = true;
  }

  @Override
  public int rank() {
    return memory.rank();
  }

  @Override
  public MemoryKind kind() {
    return memory.kind();
  }

  @Override
  public long byteSize() {
    return memory.byteSize();
  }

  @Override
  public String purpose() {
    return memory.purpose();
  }

  @Override
  public MemorySegment segment() {
    throwIfUnusable();
    return memory.segment();
  }

  @Override
  public void hold() {
    throwIfUnusable();
    memory.hold();
  }

  @Override
  public void letGo() {
    memory.letGo();
  }

  void throwIfUnusable() {
    // before "released": when the owner closed, that is the better reason
    memory.throwIfGone();
    if (released) {
      throw new IllegalStateException(
          "region '%s' of rank=%d is released".formatted(purpose(), rank()));
    }
  }

  @Override
  public String toString() {
    return "LoopbackRegion[rank=%d, purpose=%s, kind=%s, bytes=%d]"
        .formatted(rank(), purpose(), kind(), byteSize());
  }
}
