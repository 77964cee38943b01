package io.moelink;

import io.moelink.layout.plan.SlotRows;
import java.util.List;

/**
 * What dispatch brought to one rank.
 *
 * @param handle the routing; pass it to combine
 * @param payloads one buffer per payload, {@code handle.rowCount()} rows each; the hidden rows
 *     first. They live as long as the handle, unless the caller brought them
 */
public record Dispatched(Handle handle, List<TokenBuffer> payloads) {
  public Dispatched {
    payloads = List.copyOf(payloads);
  }

  /** The hidden rows, in the order that the group's config asks for. */
  public TokenBuffer rows() {
    return payloads.getFirst();
  }

  /** Rows of each local expert, padding not included: {@code [E_local]}. */
  public int[] rowsPerExpert() {
    return handle.rowsPerExpert();
  }

  /** The source rank of each row, -1 for padding: {@code [rows]}. */
  public int[] sourceRanks() {
    return RowSources.of(handle).ranks();
  }

  /** The source rank's token of each row, -1 for padding: {@code [rows]}. */
  public int[] sourceTokens() {
    return RowSources.of(handle).tokens();
  }

  /**
   * The weight of each row, 0 for padding: {@code [rows]}. Only where a row stands for one slot.
   */
  public float[] weights() {
    requireRowPerSlot("weights of rows");
    float[] weights = new float[handle.rowCount()];
    for (int source = 0; source < handle.received().size(); source++) {
      SlotRows slots = handle.received().get(source);
      for (int i = 0; i < slots.count(); i++) {
        weights[slots.rows()[i]] = slots.weights()[i];
      }
    }
    return weights;
  }

  /**
   * RANK_MAJOR: the local expert of each slot of each row, -1 where the slot chose none of this
   * rank: {@code [rows * K]}.
   */
  public int[] localExperts() {
    return RowSlots.of(handle).experts();
  }

  /** RANK_MAJOR: the weight of each slot of each row, 0 where it is not of this rank. */
  public float[] slotWeights() {
    return RowSlots.of(handle).weights();
  }

  private void requireRowPerSlot(String what) {
    if (!handle.group().config().output().rowPerSlot()) {
      throw new MoelinkException(what + ": a RANK_MAJOR row has one for each slot");
    }
  }

  private record RowSources(int[] ranks, int[] tokens) {
    static RowSources of(Handle handle) {
      RowSources sources = new RowSources(new int[handle.rowCount()], new int[handle.rowCount()]);
      java.util.Arrays.fill(sources.ranks, -1);
      java.util.Arrays.fill(sources.tokens, -1);
      for (int rank = 0; rank < handle.received().size(); rank++) {
        SlotRows slots = handle.received().get(rank);
        for (int i = 0; i < slots.count(); i++) {
          sources.ranks[slots.rows()[i]] = rank;
          sources.tokens[slots.rows()[i]] = slots.slots()[i] / slots.topK();
        }
      }
      return sources;
    }
  }

  private record RowSlots(int[] experts, float[] weights) {
    static RowSlots of(Handle handle) {
      if (handle.group().config().output().rowPerSlot()) {
        throw new MoelinkException("local experts of a row: only a RANK_MAJOR row has several");
      }
      int topK = handle.group().config().topK();
      RowSlots result =
          new RowSlots(new int[handle.rowCount() * topK], new float[handle.rowCount() * topK]);
      java.util.Arrays.fill(result.experts, -1);
      for (int rank = 0; rank < handle.received().size(); rank++) {
        SlotRows slots = handle.received().get(rank);
        for (int i = 0; i < slots.count(); i++) {
          int at = slots.rows()[i] * topK + slots.slots()[i] % topK;
          result.experts[at] = slots.experts()[i];
          result.weights[at] = slots.weights()[i];
        }
      }
      return result;
    }
  }
}
