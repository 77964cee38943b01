package io.moelink.layout.dispatch;

import io.moelink.layout.routing.ExpertBuckets;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import java.util.Arrays;

/**
 * What one rank publishes of its own routing: its slots and their weights sorted by expert, for
 * every VNode and domain the bitmap of the tokens needed there, and how many tokens each of these
 * and every rank needs. Building it costs O(T*K + R*T/64), and O(T*K) where each rank holds one
 * expert; nobody scans another rank's ids, and what a reader wants of it lies in one piece.
 */
public final class RoutingIndex implements SourceRouting {
  private final int tokens;
  private final int topK;
  private final int wordCount;
  private final int[] offsets;
  private final int[] slots;
  private final float[] weights;
  private final SlotDivision division;
  private final ExpertPlacement placement;
  private final ExpertBuckets buckets;
  private final TokenMarks marks;
  private final int[] tokensOfRank;
  private final BitRows vnodes;
  private final BitRows domains;

  private RoutingIndex(
      TopK choices, ExpertPlacement placement, Topology topology, RoutingIndex used) {
    this.placement = placement;
    tokens = choices.tokens();
    topK = choices.topK();
    wordCount = TokenSet.wordCount(tokens);
    int slotCount = choices.slots();
    boolean fits = used != null && used.slots.length >= slotCount;
    slots = fits ? used.slots : new int[slotCount];
    weights = fits ? used.weights : new float[slotCount];
    boolean sameExperts = used != null && used.offsets.length == choices.experts() + 1;
    offsets = sameExperts ? used.offsets : new int[choices.experts() + 1];
    boolean sameTopK = used != null && used.topK == topK;
    division = sameTopK ? used.division : SlotDivision.by(topK);
    buckets = used == null ? new ExpertBuckets() : used.buckets;
    boolean sameWidth = used != null && used.wordCount == wordCount;
    marks = sameWidth ? used.marks : new TokenMarks(wordCount);
    boolean sameRanks = used != null && used.tokensOfRank.length == topology.rankCount();
    tokensOfRank = sameRanks ? used.tokensOfRank : new int[topology.rankCount()];
    vnodes = BitRows.empty(topology.vnodeCount(), wordCount, used == null ? null : used.vnodes);
    domains = BitRows.empty(topology.domainCount(), wordCount, used == null ? null : used.domains);
  }

  /** Indexes the choices of one rank. */
  public static RoutingIndex of(TopK choices, ExpertPlacement placement, Topology topology) {
    return of(choices, placement, topology, null);
  }

  /**
   * Indexes the choices of one rank in the memory of an index that nobody will read again; on a hot
   * path this saves a good part of the time.
   *
   * @param used an index whose arrays are taken where they fit, or null
   */
  public static RoutingIndex of(
      TopK choices, ExpertPlacement placement, Topology topology, RoutingIndex used) {
    RoutingIndex index = new RoutingIndex(choices, placement, topology, used);
    index.buckets.sort(
        choices.ids(),
        choices.tokens(),
        choices.topK(),
        choices.experts(),
        index.offsets,
        index.slots);
    gather(choices.weights(), index.slots, index.offsets[choices.experts()], index.weights);
    index.mark(topology);
    return index;
  }

  private static void gather(float[] bySlot, int[] slots, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = bySlot[slots[i]];
    }
  }

  private void mark(Topology topology) {
    for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
      markVnode(vnode, topology.ranksOfVnode(vnode));
      domains.or(topology.domainOfVnode(vnode), vnodes, vnode);
    }
    vnodes.counted();
    domains.counted();
  }

  /** Finds the tokens of a VNode, and how many each of its ranks needs. */
  private void markVnode(int vnode, int[] ranks) {
    int slotsHere = 0;
    for (int rank : ranks) {
      slotsHere += slotCount(rank);
    }
    boolean all = slotsHere == tokens * topK;
    if (all) {
      vnodes.setAll(vnode, tokens);
    }
    for (int rank : ranks) {
      int from = firstSlot(rank);
      int to = from + slotCount(rank);
      if (placement.expertCount(rank) > 1) {
        tokensOfRank[rank] = markRank(from, to, vnode, !all);
        continue;
      }
      // a token names an expert once
      tokensOfRank[rank] = to - from;
      if (!all) {
        vnodes.set(vnode, slots, from, to, division);
      }
    }
  }

  /** Counts the tokens of some slots, and adds them to those of a VNode. */
  private int markRank(int from, int to, int vnode, boolean add) {
    marks.mark(slots, from, to, division);
    if (add) {
      vnodes.add(vnode, marks);
    }
    int count = marks.count();
    marks.clear();
    return count;
  }

  /** Where the slots that chose an expert of {@code rank} start in {@link #slots}. */
  public int firstSlot(int rank) {
    return offsets[placement.firstExpert(rank)];
  }

  /** Slots that chose an expert of {@code rank}. */
  public int slotCount(int rank) {
    return offsets[placement.firstExpert(rank) + placement.expertCount(rank)] - firstSlot(rank);
  }

  @Override
  public int tokens() {
    return tokens;
  }

  /** Slots per token, K. */
  public int topK() {
    return topK;
  }

  @Override
  public int offset(int expert) {
    return offsets[expert];
  }

  @Override
  public void offsets(int fromExpert, int count, int[] into) {
    System.arraycopy(offsets, fromExpert, into, 0, count);
  }

  @Override
  public void slots(int fromExpert, int toExpert, int[] into, int at) {
    int from = offsets[fromExpert];
    System.arraycopy(slots, from, into, at, offsets[toExpert] - from);
  }

  @Override
  public void weights(int fromExpert, int toExpert, float[] into, int at) {
    int from = offsets[fromExpert];
    System.arraycopy(weights, from, into, at, offsets[toExpert] - from);
  }

  /** The bitmap of a rank is made anew in every call: few are read, and none by scatters. */
  @Override
  public void words(Scope scope, long[] into) {
    switch (scope.kind()) {
      case RANK -> wordsOfRank(scope.index(), into);
      case VNODE -> vnodes.copy(scope.index(), into);
      case DOMAIN -> domains.copy(scope.index(), into);
      case ALL -> throw new IllegalArgumentException("all tokens have no bitmap");
    }
  }

  private void wordsOfRank(int rank, long[] into) {
    int from = firstSlot(rank);
    Arrays.fill(into, 0, wordCount, 0);
    BitRows.setBits(slots, from, from + slotCount(rank), division, into, 0);
  }

  @Override
  public int count(Scope scope) {
    return switch (scope.kind()) {
      case RANK -> tokensOfRank[scope.index()];
      case VNODE -> vnodes.count(scope.index());
      case DOMAIN -> domains.count(scope.index());
      case ALL -> tokens;
    };
  }

  /** Words of one bitmap. */
  public int wordCount() {
    return wordCount;
  }

  /** {@code offsets[E + 1]}; not to be changed. */
  public int[] offsets() {
    return offsets;
  }

  /** The slots by expert, {@code offsets[E]} of them; not to be changed. */
  public int[] slots() {
    return slots;
  }

  /** The weights of {@link #slots}, in the same order; not to be changed. */
  public float[] weights() {
    return weights;
  }
}
