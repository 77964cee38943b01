package io.moelink.transport.loopback;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.transport.TransportChecks;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The regions that one rank holds: its own, and those of others that it attached. */
final class LoopbackMemory {
  private static final long PAGE_BYTES = 4096;
  private static final long HUGE_PAGE_BYTES = 2 << 20;

  private final LoopbackTransport transport;
  private final LoopbackGroup group;
  private final int rank;
  // guarded by itself, since close may come from another thread
  private final Set<LoopbackRegion> own = new LinkedHashSet<>();
  private boolean closed;

  LoopbackMemory(LoopbackTransport transport, LoopbackGroup group, int rank) {
    this.transport = transport;
    this.group = group;
    this.rank = rank;
  }

  Region allocate(MemoryKind kind, long bytes, String purpose) {
    TransportChecks.regionBytes("allocate", purpose, bytes);
    if (kind == MemoryKind.DEVICE) {
      throw new UnsupportedOperationException(
          "allocate: region '%s': loopback has no DEVICE memory, expected HOST or SHARED"
              .formatted(purpose));
    }
    Arena arena = Arena.ofShared();
    MemorySegment segment;
    try {
      segment = arena.allocate(bytes, bytes < HUGE_PAGE_BYTES ? PAGE_BYTES : HUGE_PAGE_BYTES);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw new TransportException(
          rank,
          "allocate: rank=%d has no room for %d bytes of region '%s' (the limit is -XX:MaxDirectMemorySize): %s"
              .formatted(rank, bytes, purpose, e.getMessage()),
          e);
    }
    transport.kernels().settle(segment);
    return add(new SharedMemory(group.nextMemoryId(), rank, kind, purpose, segment, arena));
  }

  Region register(MemorySegment segment, String purpose) {
    TransportChecks.regionBytes("register", purpose, segment.byteSize());
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "register: region '%s': memory is on the heap, expected off-heap".formatted(purpose));
    }
    if (!segment.isAccessibleBy(new Thread(() -> {}))) {
      throw new IllegalArgumentException(
          "register: region '%s': memory belongs to one thread, expected a shared or automatic arena"
              .formatted(purpose));
    }
    // peers are threads of this process, so this memory is as good for them as our own
    return add(
        new SharedMemory(group.nextMemoryId(), rank, MemoryKind.SHARED, purpose, segment, null));
  }

  byte[] export(LoopbackRegion region) {
    TransportChecks.local("export", "the", region, rank);
    if (region.kind() != MemoryKind.SHARED) {
      throw new UnsupportedOperationException(
          "export: region '%s' of rank=%d is %s memory, expected SHARED"
              .formatted(region.purpose(), rank, region.kind()));
    }
    SharedMemory memory = region.memory();
    group.publish(memory);
    return new RegionKey(rank, memory.id(), memory.byteSize()).encode();
  }

  Region attach(int owner, byte[] encoded) {
    TransportChecks.rank("attach", owner, group.size());
    RegionKey key = RegionKey.decode(encoded);
    if (key.rank() != owner) {
      throw new IllegalArgumentException(
          "attach: key is of rank=%d, expected rank=%d".formatted(key.rank(), owner));
    }
    SharedMemory memory = group.published(key.memoryId());
    if (memory == null || memory.rank() != owner || memory.byteSize() != key.byteSize()) {
      if (group.closed(owner)) {
        throw new TransportException(
            owner, "attach: rank=%d: rank=%d has closed".formatted(rank, owner));
      }
      throw new IllegalStateException(
          "attach: region id=%d of rank=%d with %d bytes is not there; it may be released"
              .formatted(key.memoryId(), owner, key.byteSize()));
    }
    return new LoopbackRegion(transport, memory);
  }

  void release(LoopbackRegion region) {
    region.markReleased();
    boolean mine;
    synchronized (own) {
      mine = own.remove(region);
    }
    if (mine) {
      free(region, false);
    }
  }

  void releaseAll() {
    List<LoopbackRegion> left;
    synchronized (own) {
      closed = true;
      left = new ArrayList<>(own);
      own.clear();
    }
    TransportException failure = null;
    for (LoopbackRegion region : left) {
      try {
        free(region, true);
      } catch (TransportException e) {
        // the others are freed all the same
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void free(LoopbackRegion region, boolean ownerCloses) {
    region.markReleased();
    group.withdraw(region.memory());
    region.memory().free(ownerCloses);
  }

  private Region add(SharedMemory memory) {
    LoopbackRegion region = new LoopbackRegion(transport, memory);
    boolean late;
    synchronized (own) {
      late = closed;
      if (!late) {
        own.add(region);
      }
    }
    if (late) {
      free(region, true);
      throw new TransportException(rank, "rank=%d was closed by another thread".formatted(rank));
    }
    return region;
  }
}
