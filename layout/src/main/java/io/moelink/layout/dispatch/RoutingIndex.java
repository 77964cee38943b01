package io.moelink.layout.dispatch;

import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.SlotIndex;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;

/**
 * What one rank publishes of its own routing: its slots and their weights sorted by expert, and for
 * every rank, VNode and domain the bitmap of the tokens needed there, with its count. Building it
 * costs O(T*K + R*T/64); nobody scans another rank's ids, and what a reader wants of it lies in one
 * piece.
 */
public final class RoutingIndex implements SourceRouting {
  private final int tokens;
  private final int topK;
  private final int wordCount;
  private final int[] offsets;
  private final int[] slots;
  private final float[] weights;
  private final SlotDivision division;
  private final BitRows.Scratch scratch;
  private final BitRows ranks;
  private final BitRows vnodes;
  private final BitRows domains;

  private RoutingIndex(TopK choices, Topology topology, RoutingIndex used) {
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
    boolean sameWidth = used != null && used.scratch.width() == wordCount;
    scratch = sameWidth ? used.scratch : new BitRows.Scratch(wordCount);
    ranks = BitRows.empty(topology.rankCount(), wordCount, used == null ? null : used.ranks);
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
    RoutingIndex index = new RoutingIndex(choices, topology, used);
    SlotIndex.build(
        choices.ids(),
        choices.tokens(),
        choices.topK(),
        choices.experts(),
        index.offsets,
        index.slots);
    gather(choices.weights(), index.slots, index.offsets[choices.experts()], index.weights);
    index.mark(placement, topology);
    return index;
  }

  private static void gather(float[] bySlot, int[] slots, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = bySlot[slots[i]];
    }
  }

  private void mark(ExpertPlacement placement, Topology topology) {
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      int first = placement.firstExpert(rank);
      int from = offsets[first];
      int to = offsets[first + placement.expertCount(rank)];
      ranks.set(rank, slots, from, to, division, scratch);
    }
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      vnodes.or(topology.vnodeOf(rank), ranks, rank);
    }
    for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
      domains.or(topology.domainOfVnode(vnode), vnodes, vnode);
    }
    ranks.counted();
    vnodes.counted();
    domains.counted();
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

  @Override
  public void words(Scope scope, long[] into) {
    rowsOf(scope).copy(scope.index(), into);
  }

  @Override
  public int count(Scope scope) {
    return scope.kind() == Scope.Kind.ALL ? tokens : rowsOf(scope).count(scope.index());
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

  /** The bitmaps of one level, a row of {@link #wordCount} words each; not to be changed. */
  public long[] bitmaps(Scope.Kind level) {
    return rowsOf(new Scope(level, 0)).words();
  }

  private BitRows rowsOf(Scope scope) {
    return switch (scope.kind()) {
      case RANK -> ranks;
      case VNODE -> vnodes;
      case DOMAIN -> domains;
      case ALL -> throw new IllegalArgumentException("all tokens have no bitmap");
    };
  }
}
