package io.moelink.bench;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory of a benchmark, for kernels that work without a transport. */
record OffHeap(MemorySegment segment) implements Region {
  static OffHeap of(long bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(bytes, 4096);
    memory.fill((byte) 0x3f);
    return new OffHeap(memory);
  }

  static MemorySegment ints(int[] values) {
    MemorySegment array = Arena.ofAuto().allocate(4L * values.length, 64);
    MemorySegment.copy(values, 0, array, ValueLayout.JAVA_INT, 0, values.length);
    return array;
  }

  static MemorySegment floats(int count, float value) {
    MemorySegment array = Arena.ofAuto().allocate(4L * count, 64);
    for (int i = 0; i < count; i++) {
      array.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    return array;
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public MemoryKind kind() {
    return MemoryKind.HOST;
  }

  @Override
  public long byteSize() {
    return segment.byteSize();
  }

  @Override
  public String purpose() {
    return "benchmark";
  }
}
