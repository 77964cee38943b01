package io.moelink.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A region without a transport, for tests of kernels that take any memory. */
public record PlainRegion(int rank, MemoryKind kind, String purpose, MemorySegment segment)
    implements Region {
  /** Memory that lives as long as it is reachable. */
  public static PlainRegion of(long bytes, String purpose) {
    return new PlainRegion(0, MemoryKind.HOST, purpose, Arena.ofAuto().allocate(bytes, 64));
  }

  @Override
  public long byteSize() {
    return segment.byteSize();
  }
}
