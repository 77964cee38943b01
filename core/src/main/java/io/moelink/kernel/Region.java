package io.moelink.kernel;

import java.lang.foreign.MemorySegment;

/**
 * A contiguous piece of memory of one rank, as one rank holds it: its own, or another rank's that
 * it has attached. Any thread may call any method.
 */
public interface Region {
  /** The rank whose memory this is. */
  int rank();

  /** Where the memory lives. */
  MemoryKind kind();

  /** Bytes that may be used; what the caller asked for, not rounded up. */
  long byteSize();

  /** What the memory is for, as it appears in messages. */
  String purpose();

  /**
   * The memory, for Java to load and store. The same object at every call.
   *
   * @throws UnsupportedOperationException when this process cannot load it (device memory, or a
   *     remote rank's memory behind a network)
   * @throws IllegalStateException when the region was released, here or by its owner
   */
  MemorySegment segment();

  /**
   * Keeps the memory from being freed until {@link #letGo}, while native code works on its address;
   * who releases the region meanwhile waits. Does nothing where memory outlives its release.
   *
   * @throws IllegalStateException when the region was released, here or by its owner
   */
  default void hold() {}

  /** Ends one {@link #hold}. */
  default void letGo() {}
}
