package io.moelink.memory;

import io.moelink.kernel.MemoryKind;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.ReferenceManager;
import org.apache.arrow.memory.RootAllocator;

/**
 * The shared memory of one rank's group, as Arrow allocators: a root with the group's limit, and a
 * child for each purpose. Used by one thread at a time.
 */
public final class GroupMemory implements AutoCloseable {
  private final Transport transport;
  private final RootAllocator root;
  private final Map<String, BufferAllocator> byPurpose = new LinkedHashMap<>();

  /**
   * The manager that the factory made last: Arrow does not give it back to who asked for memory.
   */
  private RegionAllocationManager made;

  /**
   * @param bytesMax most bytes that are allocated at once
   */
  public GroupMemory(Transport transport, long bytesMax) {
    this.transport = transport;
    root =
        new RootAllocator(
            RootAllocator.configBuilder()
                .allocationManagerFactory(new Factory())
                .maxAllocation(bytesMax)
                // regions have the size that was asked for
                .roundingPolicy(bytes -> bytes)
                .build());
  }

  /**
   * Allocates shared memory of this rank.
   *
   * @param bytes size; at least one byte is allocated
   * @param purpose what for: the name of the allocator that counts it
   * @throws TransportException when the group's limit, or the machine, does not allow it
   */
  public SharedRegion allocate(long bytes, String purpose) {
    BufferAllocator allocator =
        byPurpose.computeIfAbsent(
            purpose, name -> root.newChildAllocator(name, 0, root.getLimit()));
    try {
      ArrowBuf buffer = allocator.buffer(Math.max(1, bytes));
      return new SharedRegion(made.region(), transport.export(made.region()), buffer);
    } catch (OutOfMemoryException e) {
      throw new TransportException(
          transport.rank(),
          "rank %d, memory for %s: found %d bytes wanted and %d in use, expected at most %d"
              .formatted(
                  transport.rank(), purpose, bytes, root.getAllocatedMemory(), root.getLimit()),
          e);
    }
  }

  /** Bytes that are allocated now. */
  public long allocatedBytes() {
    return root.getAllocatedMemory();
  }

  /**
   * Ends the allocators.
   *
   * @throws IllegalStateException naming the purpose of what is still held
   */
  @Override
  public void close() {
    StringBuilder held = new StringBuilder();
    byPurpose.forEach(
        (purpose, allocator) -> {
          if (allocator.getAllocatedMemory() > 0) {
            held.append(held.isEmpty() ? "" : ", ")
                .append(allocator.getAllocatedMemory())
                .append(" bytes of ")
                .append(purpose);
          }
        });
    if (!held.isEmpty()) {
      throw new IllegalStateException(
          "rank " + transport.rank() + ": memory still held at close: " + held);
    }
    byPurpose.values().forEach(BufferAllocator::close);
    root.close();
  }

  private final class Factory implements AllocationManager.Factory {
    @Override
    public AllocationManager create(BufferAllocator allocator, long bytes) {
      made =
          new RegionAllocationManager(
              allocator,
              transport,
              transport.allocate(MemoryKind.SHARED, bytes, allocator.getName()));
      return made;
    }

    @Override
    public ArrowBuf empty() {
      return new ArrowBuf(ReferenceManager.NO_OP, null, 0, 0);
    }
  }
}
