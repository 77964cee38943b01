package io.moelink.layout.dispatch;

import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.SlotIndex;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;

/**
 * What one rank publishes of its own routing: its slots sorted by expert, and for every rank, VNode
 * and domain the bitmap of the tokens needed there. Building it costs O(T*K + R*T/64); nobody scans
 * another rank's ids.
 */
public final class RoutingIndex implements SourceRouting {
  private final int tokens;
  private final int topK;
  private final int wordCount;
  private final int[] offsets;
  private final int[] slots;
  private final float[] weights;
  private final BitRows ranks;
  private final BitRows vnodes;
  private final BitRows domains;

  private RoutingIndex(TopK topK, SlotIndex index, BitRows ranks, BitRows vnodes, BitRows domains) {
    tokens = topK.tokens();
    this.topK = topK.topK();
    wordCount = TokenSet.wordCount(tokens);
    offsets = index.offsets();
    slots = index.slots();
    weights = topK.weights();
    this.ranks = ranks;
    this.vnodes = vnodes;
    this.domains = domains;
  }

  /** Indexes the choices of one rank. */
  public static RoutingIndex of(TopK topK, ExpertPlacement placement, Topology topology) {
    SlotIndex index = SlotIndex.of(topK);
    int words = TokenSet.wordCount(topK.tokens());
    BitRows ranks = new BitRows(topology.rankCount(), words);
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      int first = placement.firstExpert(rank);
      int from = index.offsets()[first];
      int to = index.offsets()[first + placement.expertCount(rank)];
      ranks.set(rank, index.slots(), from, to, topK.topK());
    }
    BitRows vnodes = new BitRows(topology.vnodeCount(), words);
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      vnodes.or(topology.vnodeOf(rank), ranks, rank);
    }
    BitRows domains = new BitRows(topology.domainCount(), words);
    for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
      domains.or(topology.domainOfVnode(vnode), vnodes, vnode);
    }
    return new RoutingIndex(topK, index, ranks, vnodes, domains);
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
  public void slots(int fromExpert, int toExpert, int[] into, int at) {
    int from = offsets[fromExpert];
    System.arraycopy(slots, from, into, at, offsets[toExpert] - from);
  }

  @Override
  public void weights(int[] wanted, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = weights[wanted[i]];
    }
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

  /** The valid slots, by expert; not to be changed. */
  public int[] slots() {
    return slots;
  }

  /** Weights by slot, {@code [T * K]}; not to be changed. */
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
