package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.TokenSet;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The slice of a source's {@link RoutingIndex} that concerns one reader, in one piece:
 *
 * <pre>
 *   0          tokens, T (int64)
 *   8          offsets, int32 [E + 1]
 *   counts     tokens that each rank, VNode and domain needs, int32 [R + VNodes + domains]
 *   words      bitmaps, int64 [scopes][ceil(T / 64)]
 *   slots      int32 [n]               of the experts of the ranks that the reader asks for
 *   weights    float32 [n]             of the same slots
 * </pre>
 */
final class SliceLayout {
  static final long TOKENS = 0;
  static final long OFFSETS = Long.BYTES;

  private final ExpertPlacement placement;
  private final List<Scope> scopes;
  private final Map<Scope, Integer> positions = new HashMap<>();

  /** Those whose tokens are counted, in the order of their counts. */
  private final List<Scope> counted = new ArrayList<>();

  private final int[] expertRanks;
  private final Topology topology;
  private final long counts;
  private final long words;

  SliceLayout(IndexNeeds needs, ExpertPlacement placement, Topology topology) {
    this.placement = placement;
    this.topology = topology;
    scopes = needs.scopes();
    for (Scope scope : scopes) {
      positions.put(scope, positions.size());
    }
    expertRanks = needs.expertRanks();
    counts = OFFSETS + (placement.experts() + 1L) * Integer.BYTES;
    addCounted(Scope.Kind.RANK, topology.rankCount());
    addCounted(Scope.Kind.VNODE, topology.vnodeCount());
    addCounted(Scope.Kind.DOMAIN, topology.domainCount());
    words = align(counts + (long) counted.size() * Integer.BYTES, Long.BYTES);
  }

  private void addCounted(Scope.Kind level, int members) {
    for (int i = 0; i < members; i++) {
      counted.add(new Scope(level, i));
    }
  }

  private static long align(long bytes, int to) {
    return (bytes + to - 1) & -to;
  }

  /** The ranks whose experts' slots are in it, ascending. */
  int[] expertRanks() {
    return expertRanks;
  }

  /** Bytes without the slots at most, with room to align what comes after. */
  long fixedBytesMax(int tokensMax) {
    return align(words + (long) scopes.size() * TokenSet.wordCount(tokensMax) * Long.BYTES, 64)
        + 64;
  }

  /** Bytes of the slots and weights at most: a token names an expert once. */
  long slotBytesMax(int tokensMax, int topK) {
    long perToken = 0;
    for (int rank : expertRanks) {
      perToken += placement.expertCount(rank);
    }
    return Math.min(perToken, topK) * tokensMax * (Integer.BYTES + Float.BYTES);
  }

  /** Where the number of tokens that a rank, a VNode or a domain needs is. */
  long count(Scope scope) {
    int before =
        switch (scope.kind()) {
          case RANK -> 0;
          case VNODE -> topology.rankCount();
          case DOMAIN -> topology.rankCount() + topology.vnodeCount();
          case ALL -> throw new IllegalArgumentException("all tokens have no count of their own");
        };
    return counts + (long) (before + scope.index()) * Integer.BYTES;
  }

  /** Where a bitmap starts. */
  long words(Scope scope, int tokens) {
    Integer position = positions.get(scope);
    if (position == null) {
      throw new IllegalStateException(
          "routing slice: found no bitmap of " + scope + ", expected one of " + scopes);
    }
    return words + (long) position * TokenSet.wordCount(tokens) * Long.BYTES;
  }

  /** Where the slots start. */
  long slots(int tokens) {
    return words + (long) scopes.size() * TokenSet.wordCount(tokens) * Long.BYTES;
  }

  /** Writes a reader's slice from {@code start} on; returns its bytes, a multiple of 64. */
  long write(RoutingIndex index, MemorySegment memory, long start) {
    int tokens = index.tokens();
    memory.set(JAVA_LONG, start + TOKENS, tokens);
    int[] offsets = index.offsets();
    MemorySegment.copy(offsets, 0, memory, JAVA_INT, start + OFFSETS, offsets.length);
    for (int i = 0; i < counted.size(); i++) {
      Scope scope = counted.get(i);
      memory.set(JAVA_INT, start + count(scope), index.count(scope));
    }
    int width = index.wordCount();
    for (int i = 0; i < scopes.size(); i++) {
      Scope scope = scopes.get(i);
      MemorySegment.copy(
          index.bitmaps(scope.kind()),
          scope.index() * width,
          memory,
          JAVA_LONG,
          start + words(scope, tokens),
          width);
    }
    int slots = 0;
    for (int rank : expertRanks) {
      slots += last(offsets, rank) - first(offsets, rank);
    }
    long at = start + slots(tokens);
    long weights = at + (long) slots * Integer.BYTES;
    for (int rank : expertRanks) {
      int first = first(offsets, rank);
      int count = last(offsets, rank) - first;
      MemorySegment.copy(index.slots(), first, memory, JAVA_INT, at, count);
      MemorySegment.copy(index.weights(), first, memory, JAVA_FLOAT, weights, count);
      at += (long) count * Integer.BYTES;
      weights += (long) count * Float.BYTES;
    }
    return align(weights - start, 64);
  }

  private int first(int[] offsets, int rank) {
    return offsets[placement.firstExpert(rank)];
  }

  private int last(int[] offsets, int rank) {
    return offsets[placement.firstExpert(rank) + placement.expertCount(rank)];
  }

  ExpertPlacement placement() {
    return placement;
  }
}
