package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.dispatch.TokenSet;
import java.lang.foreign.MemorySegment;

/** A rank's routing index where it was published, read in place. */
final class PublishedRouting implements SourceRouting {
  private final MemorySegment memory;
  private final IndexLayout layout;
  private final int tokens;
  private final int words;

  /** Reads an index that is complete; {@code memory} starts at the index. */
  PublishedRouting(MemorySegment memory, IndexLayout layout) {
    this.memory = memory;
    this.layout = layout;
    tokens = (int) memory.get(JAVA_LONG, IndexLayout.TOKENS);
    words = TokenSet.wordCount(tokens);
  }

  /** Writes an index to memory. */
  static void publish(RoutingIndex index, MemorySegment memory, IndexLayout layout) {
    memory.set(JAVA_LONG, IndexLayout.TOKENS, index.tokens());
    int[] offsets = index.offsets();
    int used = offsets[offsets.length - 1];
    MemorySegment.copy(offsets, 0, memory, JAVA_INT, IndexLayout.OFFSETS, offsets.length);
    MemorySegment.copy(index.slots(), 0, memory, JAVA_INT, layout.slots(), used);
    MemorySegment.copy(index.weights(), 0, memory, JAVA_FLOAT, layout.weights(), used);
    for (Scope.Kind level : Scope.Kind.values()) {
      if (level != Scope.Kind.ALL) {
        long[] bitmaps = index.bitmaps(level);
        MemorySegment.copy(bitmaps, 0, memory, JAVA_LONG, layout.bitmaps(level), bitmaps.length);
      }
    }
  }

  @Override
  public int tokens() {
    return tokens;
  }

  @Override
  public int offset(int expert) {
    return memory.get(JAVA_INT, IndexLayout.OFFSETS + (long) expert * Integer.BYTES);
  }

  @Override
  public void slots(int fromExpert, int toExpert, int[] into, int at) {
    int from = offset(fromExpert);
    long start = layout.slots() + (long) from * Integer.BYTES;
    MemorySegment.copy(memory, JAVA_INT, start, into, at, offset(toExpert) - from);
  }

  @Override
  public void weights(int fromExpert, int toExpert, float[] into, int at) {
    int from = offset(fromExpert);
    long start = layout.weights() + (long) from * Float.BYTES;
    MemorySegment.copy(memory, JAVA_FLOAT, start, into, at, offset(toExpert) - from);
  }

  @Override
  public void words(Scope scope, long[] into) {
    MemorySegment.copy(memory, JAVA_LONG, start(scope), into, 0, words);
  }

  @Override
  public int count(Scope scope) {
    if (scope.kind() == Scope.Kind.ALL) {
      return tokens;
    }
    long start = start(scope);
    int count = 0;
    for (int w = 0; w < words; w++) {
      count += Long.bitCount(memory.get(JAVA_LONG, start + (long) w * Long.BYTES));
    }
    return count;
  }

  private long start(Scope scope) {
    return layout.bitmaps(scope.kind()) + (long) scope.index() * words * Long.BYTES;
  }
}
