/**
 * Arrow's view of a group's memory: every region that a group allocates is an {@code ArrowBuf} of
 * an allocator of that group, so that Arrow counts it, limits it, and names what is left at close.
 * {@code ArrowBuf} and {@code MemorySegment} are views of the same bytes.
 */
package io.moelink.memory;
