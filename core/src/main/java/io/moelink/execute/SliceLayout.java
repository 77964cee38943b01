package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.TokenSet;
import io.moelink.layout.routing.ExpertPlacement;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The slice of a source's {@link RoutingIndex} that concerns one reader, beside the {@link
 * SliceHead}:
 *
 * <pre>
 *   words      bitmaps, int64 [scopes][ceil(T / 64)]
 *   slots      int32 [n]               of the experts of the ranks that the reader asks for
 *   weights    float32 [n]             of the same slots
 * </pre>
 */
final class SliceLayout {
  /** Bytes that starts of slices are multiples of. */
  static final long ALIGNMENT = 64;

  private final ExpertPlacement placement;
  private final List<Scope> scopes;
  private final Map<Scope, Integer> positions = new HashMap<>();
  private final int[] expertRanks;

  /** A bitmap on its way. */
  private long[] bitmap = {};

  SliceLayout(IndexNeeds needs, ExpertPlacement placement) {
    this.placement = placement;
    scopes = needs.scopes();
    for (Scope scope : scopes) {
      positions.put(scope, positions.size());
    }
    expertRanks = needs.expertRanks();
  }

  /** Up to where the next part starts: a multiple of 64. */
  static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** The ranks whose experts' slots are in it, ascending. */
  int[] expertRanks() {
    return expertRanks;
  }

  /** Bytes without the slots at most, with room to align what comes after. */
  long fixedBytesMax(int tokensMax) {
    return align(slots(tokensMax)) + ALIGNMENT;
  }

  /** Bytes of the slots and weights at most: a token names an expert once. */
  long slotBytesMax(int tokensMax, int topK) {
    long perToken = 0;
    for (int rank : expertRanks) {
      perToken += placement.expertCount(rank);
    }
    return Math.min(perToken, topK) * tokensMax * (Integer.BYTES + Float.BYTES);
  }

  /** Where a bitmap starts. */
  long words(Scope scope, int tokens) {
    Integer position = positions.get(scope);
    if (position == null) {
      throw new IllegalStateException(
          "routing slice: found no bitmap of " + scope + ", expected one of " + scopes);
    }
    return (long) position * TokenSet.wordCount(tokens) * Long.BYTES;
  }

  /** Where the slots start. */
  long slots(int tokens) {
    return (long) scopes.size() * TokenSet.wordCount(tokens) * Long.BYTES;
  }

  /** Writes a reader's slice from {@code start} on; returns its bytes, a multiple of 64. */
  long write(RoutingIndex index, MemorySegment memory, long start) {
    int tokens = index.tokens();
    int width = index.wordCount();
    if (bitmap.length < width) {
      bitmap = new long[width];
    }
    for (int i = 0; i < scopes.size(); i++) {
      Scope scope = scopes.get(i);
      index.words(scope, bitmap);
      MemorySegment.copy(bitmap, 0, memory, JAVA_LONG, start + words(scope, tokens), width);
    }
    int slots = 0;
    for (int rank : expertRanks) {
      slots += index.slotCount(rank);
    }
    long at = start + slots(tokens);
    long weights = at + (long) slots * Integer.BYTES;
    for (int rank : expertRanks) {
      int first = index.firstSlot(rank);
      int count = index.slotCount(rank);
      MemorySegment.copy(index.slots(), first, memory, JAVA_INT, at, count);
      MemorySegment.copy(index.weights(), first, memory, JAVA_FLOAT, weights, count);
      at += (long) count * Integer.BYTES;
      weights += (long) count * Float.BYTES;
    }
    return align(weights - start);
  }

  ExpertPlacement placement() {
    return placement;
  }
}
