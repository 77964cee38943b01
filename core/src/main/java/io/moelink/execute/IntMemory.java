package io.moelink.execute;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;

/**
 * Off-heap memory for the index arrays that kernels read. Blocks are kept when a plan is unbound
 * and used again, so that a group in its steady state allocates none. Not for several threads.
 */
final class IntMemory {
  private static final long BLOCK_BYTES_MIN = 1 << 20;

  private final Arena arena;

  /** Blocks that nobody uses, by size, which is a power of two. */
  private final TreeMap<Long, Deque<MemorySegment>> free = new TreeMap<>();

  /** Blocks live as long as the arena. */
  IntMemory(Arena arena) {
    this.arena = arena;
  }

  Lease lease() {
    return new Lease();
  }

  private MemorySegment block(long bytes) {
    for (Deque<MemorySegment> blocks : free.tailMap(bytes).values()) {
      if (!blocks.isEmpty()) {
        return blocks.pop();
      }
    }
    long size = Math.max(BLOCK_BYTES_MIN, Long.highestOneBit(Math.max(1, bytes - 1)) << 1);
    return arena.allocate(size, 64);
  }

  /** The arrays of one bound plan. */
  final class Lease {
    private final List<MemorySegment> blocks = new ArrayList<>();
    private MemorySegment current = MemorySegment.NULL;
    private long used;

    /** Copies an array; null stays null. */
    MemorySegment put(int[] values) {
      if (values == null) {
        return null;
      }
      MemorySegment segment = allocate((long) values.length * Integer.BYTES);
      MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_INT, 0, values.length);
      return segment;
    }

    /** Copies an array; null stays null. */
    MemorySegment put(float[] values) {
      if (values == null) {
        return null;
      }
      MemorySegment segment = allocate((long) values.length * Float.BYTES);
      MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
      return segment;
    }

    private MemorySegment allocate(long bytes) {
      if (used + bytes > current.byteSize()) {
        current = block(bytes);
        blocks.add(current);
        used = 0;
      }
      MemorySegment segment = current.asSlice(used, bytes);
      used += (bytes + 63) & -64;
      return segment;
    }

    /** Gives the memory back. */
    void release() {
      for (MemorySegment block : blocks) {
        free.computeIfAbsent(block.byteSize(), size -> new ArrayDeque<>()).push(block);
      }
      blocks.clear();
      current = MemorySegment.NULL;
      used = 0;
    }
  }
}
