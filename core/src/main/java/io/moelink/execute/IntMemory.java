package io.moelink.execute;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Off-heap memory for the index arrays that kernels read. Arrays only grow, and what one has
 * outgrown is lost until the arena ends: they at least double, so that is never more than what is
 * in use. Not for several threads.
 */
final class IntMemory {
  private static final long BLOCK_BYTES_MIN = 1 << 20;
  private static final long ALIGNMENT = 64;

  private final Arena arena;
  private MemorySegment block = MemorySegment.NULL;
  private long used;

  /** Arrays live as long as the arena. */
  IntMemory(Arena arena) {
    this.arena = arena;
  }

  /** An array without values. */
  Array array() {
    return new Array();
  }

  private MemorySegment allocate(long bytes) {
    long size = (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    if (used + size > block.byteSize()) {
      block = arena.allocate(Math.max(BLOCK_BYTES_MIN, size), ALIGNMENT);
      used = 0;
    }
    MemorySegment segment = block.asSlice(used, size);
    used += size;
    return segment;
  }

  /** Values of 4 bytes that are replaced again and again. */
  final class Array {
    private MemorySegment memory = MemorySegment.NULL;
    private boolean present;

    /** The values, and what else there is room for; null when there are none. */
    MemorySegment values() {
      return present ? memory : null;
    }

    /** Takes the first {@code length} values of an array; null: none. */
    void set(int[] values, int length) {
      if (reserve(values != null, length)) {
        MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_INT, 0, length);
      }
    }

    /** The same. */
    void set(float[] values, int length) {
      if (reserve(values != null, length)) {
        MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, length);
      }
    }

    /** Has values of any content, as many as {@code length}. */
    void reserve(int length) {
      reserve(true, length);
    }

    private boolean reserve(boolean any, int length) {
      present = any;
      long bytes = (long) length * Integer.BYTES;
      if (any && (memory == MemorySegment.NULL || memory.byteSize() < bytes)) {
        memory = allocate(Math.max(bytes, 2 * memory.byteSize()));
      }
      return any;
    }
  }
}
