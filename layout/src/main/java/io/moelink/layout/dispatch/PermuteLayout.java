package io.moelink.layout.dispatch;

import io.moelink.layout.topology.Topology;

/**
 * Where every received row of one rank comes from and goes to, in canonical order: experts
 * ascending; inside an expert by source rank, source token, slot (page 2.3 of the specification).
 *
 * @param sourceRank the rank whose token it is, {@code [N]}
 * @param sourceToken that rank's token, {@code [N]}
 * @param slot which of the token's K choices, {@code [N]}
 * @param localExpert the expert, counted from this rank's first, {@code [N]}
 * @param destinationRow row of the output buffer, {@code [N]}
 * @param buffer the rank whose memory the row is read from: the source (its input) or the entry
 *     (its staging buffer for that source), {@code [N]}
 * @param bufferRow the row there, {@code [N]}
 * @param weight the slot's weight, {@code [N]}
 */
public record PermuteLayout(
    int[] sourceRank,
    int[] sourceToken,
    int[] slot,
    int[] localExpert,
    int[] destinationRow,
    int[] buffer,
    int[] bufferRow,
    float[] weight) {

  /** The layout of {@code rank} for a row per slot in EXPERT_MAJOR, SLOTTED or PAIRED order. */
  public static PermuteLayout of(
      GatheredRouting routing, StagingPolicy policy, OutputShape shape, int rank) {
    if (!shape.rowPerSlot()) {
      throw new IllegalArgumentException("a permutation layout has a row per slot: " + shape);
    }
    ExpertRows rows = ExpertRows.of(routing, shape, rank);
    int count = 0;
    int longest = 0;
    for (int local = 0; local < rows.expertCount(); local++) {
      count += rows.received(local);
    }
    int ranks = routing.topology().rankCount();
    int first = rows.firstExpert();
    for (int source = 0; source < ranks; source++) {
      longest = Math.max(longest, routing.slotCountAt(source, rank));
    }
    PermuteLayout layout = ofSize(count);
    int[] blockRow = new int[rows.expertCount() + 1];
    for (int local = 0; local < rows.expertCount(); local++) {
      blockRow[local + 1] = blockRow[local] + rows.received(local);
    }
    int[] slots = new int[longest];
    float[] weights = new float[longest];
    for (int source = 0; source < ranks; source++) {
      SourceRouting from = routing.source(source);
      from.slots(first, first + rows.expertCount(), slots, 0);
      int slotCount = routing.slotCountAt(source, rank);
      from.weights(slots, slotCount, weights);
      RowsIn read = RowsIn.of(routing, policy, source, rank);
      int i = 0;
      for (int local = 0; local < rows.expertCount(); local++) {
        int slice = routing.slotCount(source, first + local);
        int row = rows.firstRow(source, first + local);
        int at = blockRow[local];
        blockRow[local] += slice;
        layout.fill(at, slice, source, local, row, slots, weights, i, routing.topK(), read);
        i += slice;
      }
    }
    return layout;
  }

  private static PermuteLayout ofSize(int n) {
    return new PermuteLayout(
        new int[n],
        new int[n],
        new int[n],
        new int[n],
        new int[n],
        new int[n],
        new int[n],
        new float[n]);
  }

  private void fill(
      int at,
      int count,
      int source,
      int local,
      int row,
      int[] slots,
      float[] weights,
      int from,
      int topK,
      RowsIn read) {
    java.util.Arrays.fill(sourceRank, at, at + count, source);
    java.util.Arrays.fill(localExpert, at, at + count, local);
    java.util.Arrays.fill(buffer, at, at + count, read.rank());
    System.arraycopy(weights, from, weight, at, count);
    for (int i = 0; i < count; i++) {
      int token = slots[from + i] / topK;
      sourceToken[at + i] = token;
      slot[at + i] = slots[from + i] - token * topK;
      destinationRow[at + i] = row + i;
    }
    if (read.tokens() == null) {
      System.arraycopy(sourceToken, at, bufferRow, at, count);
    } else {
      for (int i = 0; i < count; i++) {
        bufferRow[at + i] = read.firstRow() + read.tokens().position(sourceToken[at + i]);
      }
    }
  }

  /** Which rank's buffer a rank reads a source's tokens from, and how tokens map to rows there. */
  private record RowsIn(int rank, int firstRow, TokenSet tokens) {
    static RowsIn of(GatheredRouting routing, StagingPolicy policy, int source, int reader) {
      Topology topology = routing.topology();
      int vnode = topology.vnodeOf(reader);
      if (topology.vnodeOf(source) == vnode) {
        return new RowsIn(source, 0, null);
      }
      int holder = topology.entry(source, vnode);
      Scope part = policy.partFor(topology, source, holder, reader);
      if (part == null) {
        holder = topology.via(source, vnode);
        if (holder == source) {
          return new RowsIn(source, 0, null);
        }
        part = policy.partForVnode(topology, source, holder, vnode);
      }
      PullLayout.Staged staged = PullLayout.staged(routing, policy, source, holder);
      return new RowsIn(holder, staged.firstRow(part), staged.tokensOf(part));
    }
  }
}
