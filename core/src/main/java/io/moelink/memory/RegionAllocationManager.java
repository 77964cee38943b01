package io.moelink.memory;

import io.moelink.kernel.Region;
import io.moelink.transport.Transport;
import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.BufferAllocator;

/** Gives Arrow the memory of a transport's region, and takes it back. */
final class RegionAllocationManager extends AllocationManager {
  private final Transport transport;
  private final Region region;

  RegionAllocationManager(BufferAllocator allocator, Transport transport, Region region) {
    super(allocator);
    this.transport = transport;
    this.region = region;
  }

  Region region() {
    return region;
  }

  @Override
  public long getSize() {
    return region.byteSize();
  }

  @Override
  protected long memoryAddress() {
    return region.segment().address();
  }

  @Override
  protected void release0() {
    transport.release(region);
  }
}
