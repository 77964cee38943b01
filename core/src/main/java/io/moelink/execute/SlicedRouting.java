package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.dispatch.TokenSet;
import java.lang.foreign.MemorySegment;

/**
 * The slice of a source's routing that concerns this rank, read where it lies; for one routing
 * after another.
 */
final class SlicedRouting implements SourceRouting {
  private final SliceHead head;
  private final SliceLayout layout;
  private MemorySegment memory;

  /** Where the head starts in the memory. */
  private long headStart;

  /** Where the slice starts in the memory. */
  private long start;

  private int tokens;
  private int words;

  /** Where the slots of each rank of the layout start, counted in slots; and where they end. */
  private final int[] starts;

  /** Whether those are of the slice at hand: a source that asks for counts alone needs none. */
  private boolean started;

  SlicedRouting(SliceHead head, SliceLayout layout) {
    this.head = head;
    this.layout = layout;
    starts = new int[layout.expertRanks().length + 1];
  }

  /** Reads a head and a slice that are complete. */
  SlicedRouting read(MemorySegment from, long headAt, long at) {
    memory = from;
    headStart = headAt;
    start = at;
    tokens = (int) memory.get(JAVA_LONG, headStart + SliceHead.TOKENS);
    words = TokenSet.wordCount(tokens);
    started = false;
    return this;
  }

  private void findStarts() {
    int[] ranks = layout.expertRanks();
    for (int i = 0; i < ranks.length; i++) {
      int first = layout.placement().firstExpert(ranks[i]);
      int count = layout.placement().expertCount(ranks[i]);
      starts[i + 1] = starts[i] + offset(first + count) - offset(first);
    }
    started = true;
  }

  /** Where the slots of a rank start; of as many as there are ranks, where all of them end. */
  private int startOf(int i) {
    if (!started) {
      findStarts();
    }
    return starts[i];
  }

  @Override
  public int tokens() {
    return tokens;
  }

  @Override
  public int offset(int expert) {
    return memory.get(JAVA_INT, offsetAt(expert));
  }

  private long offsetAt(int expert) {
    return headStart + SliceHead.OFFSETS + (long) expert * Integer.BYTES;
  }

  @Override
  public void offsets(int fromExpert, int count, int[] into) {
    MemorySegment.copy(memory, JAVA_INT, offsetAt(fromExpert), into, 0, count);
  }

  @Override
  public void slots(int fromExpert, int toExpert, int[] into, int at) {
    int count = offset(toExpert) - offset(fromExpert);
    if (count > 0) {
      long place =
          start + layout.slots(tokens) + (long) position(fromExpert, toExpert) * Integer.BYTES;
      MemorySegment.copy(memory, JAVA_INT, place, into, at, count);
    }
  }

  @Override
  public void weights(int fromExpert, int toExpert, float[] into, int at) {
    int count = offset(toExpert) - offset(fromExpert);
    if (count > 0) {
      long weights =
          start + layout.slots(tokens) + (long) startOf(starts.length - 1) * Integer.BYTES;
      long place = weights + (long) position(fromExpert, toExpert) * Float.BYTES;
      MemorySegment.copy(memory, JAVA_FLOAT, place, into, at, count);
    }
  }

  /** The place of an expert's first slot among those of the slice. */
  private int position(int fromExpert, int toExpert) {
    int[] ranks = layout.expertRanks();
    for (int i = 0; i < ranks.length; i++) {
      int first = layout.placement().firstExpert(ranks[i]);
      int end = first + layout.placement().expertCount(ranks[i]);
      if (fromExpert >= first && toExpert <= end) {
        return startOf(i) + offset(fromExpert) - offset(first);
      }
    }
    throw new IllegalStateException(
        "routing slice: found no slots of experts %d to %d".formatted(fromExpert, toExpert - 1));
  }

  @Override
  public void words(Scope scope, long[] into) {
    MemorySegment.copy(memory, JAVA_LONG, start + layout.words(scope, tokens), into, 0, words);
  }

  @Override
  public int count(Scope scope) {
    if (scope.kind() == Scope.Kind.ALL) {
      return tokens;
    }
    return memory.get(JAVA_INT, headStart + head.count(scope));
  }
}
