package io.moelink.layout.plan;

import io.moelink.layout.dispatch.ExpertRows;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.SlotDivision;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.dispatch.TokenSet;
import java.util.Arrays;

/**
 * The slots of one source that chose experts of one rank, with their rows in that rank's output
 * buffer.
 *
 * @param slots by expert, then by slot
 * @param rows of the output buffer, of the same slots; for RANK_MAJOR the row of the slot's token
 * @param experts the experts of the same slots, counted from the rank's first
 * @param weights of the same slots
 * @param topK slots per token
 */
public record SlotRows(int[] slots, int[] rows, int[] experts, float[] weights, int topK) {

  static SlotRows of(RowBinder binder, int source, int rank) {
    ExpertRows layout = binder.expertRows(rank);
    SourceRouting routing = binder.routing().source(source);
    int first = layout.firstExpert();
    int last = first + layout.expertCount();
    int[] slots = new int[routing.offset(last) - routing.offset(first)];
    int[] rows = new int[slots.length];
    routing.slots(first, last, slots, 0);
    int[] experts = new int[slots.length];
    int i = 0;
    for (int expert = first; expert < last; expert++) {
      int end = routing.offset(expert + 1) - routing.offset(first);
      Arrays.fill(experts, i, end, expert - first);
      if (binder.shape().rowPerSlot()) {
        int row = layout.firstRow(source, expert);
        for (; i < end; i++) {
          rows[i] = row++;
        }
      }
      i = end;
    }
    int topK = binder.routing().topK();
    if (!binder.shape().rowPerSlot()) {
      TokenSet tokens = binder.needed(source, Scope.rank(rank));
      for (int s = 0; s < slots.length; s++) {
        rows[s] = layout.firstRowOfSource(source) + tokens.position(slots[s] / topK);
      }
    }
    float[] weights = new float[slots.length];
    routing.weights(first, last, weights, 0);
    return new SlotRows(slots, rows, experts, weights, topK);
  }

  /** Number of slots. */
  public int count() {
    return slots.length;
  }

  /**
   * Groups the slots by token. Rows of the i-th token of the set go to {@code rowsOut[start[i]]} up
   * to {@code rowsOut[start[i + 1] - 1]}, by ascending slot; their weights to {@code weightsOut},
   * if that is not null.
   *
   * @param start {@code [tokens.count() + 1]}, all zero
   */
  void group(TokenSet tokens, int[] start, int[] rowsOut, float[] weightsOut) {
    int count = slots.length;
    int[] position = slots.clone();
    SlotDivision.by(topK).tokens(position, count, position);
    tokens.positions(position, 0, count, 0);
    for (int i = 0; i < count; i++) {
      start[position[i] + 1]++;
    }
    for (int p = 1; p < start.length; p++) {
      start[p] += start[p - 1];
    }
    int[] order = order(position, start);
    for (int i = 0; i < count; i++) {
      rowsOut[i] = rows[order[i]];
    }
    if (weightsOut != null) {
      for (int i = 0; i < count; i++) {
        weightsOut[i] = weights[order[i]];
      }
    }
  }

  /** Indices into {@link #slots}, by token and then by slot. */
  private int[] order(int[] position, int[] start) {
    int[] order = new int[slots.length];
    int[] end = Arrays.copyOf(start, start.length);
    for (int i = 0; i < order.length; i++) {
      int p = position[i];
      int at = end[p]++;
      // a token has at most K slots here: put each in its place among those already there
      while (at > start[p] && slots[order[at - 1]] > slots[i]) {
        order[at] = order[at - 1];
        at--;
      }
      order[at] = i;
    }
    return order;
  }
}
