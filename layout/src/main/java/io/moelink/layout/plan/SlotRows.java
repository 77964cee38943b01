package io.moelink.layout.plan;

import io.moelink.layout.dispatch.ExpertRows;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.SlotDivision;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.dispatch.TokenSet;
import java.util.Arrays;

/**
 * The slots of one source that chose experts of one rank, with their rows in that rank's output
 * buffer: by expert and then by slot, and, worked out when first asked for, by token. Arrays may be
 * longer than {@link #count}, and are good until the binder that gave it is bound anew.
 */
public final class SlotRows {
  /** Whom the slots are for: the rank. */
  private final Scope scope;

  private final SlotSorter sorter;
  private int count;
  private int topK;
  private SlotDivision division;
  private int[] slots = {};
  private int[] rows = {};
  private int[] experts = {};
  private float[] weights = {};

  private boolean grouped;
  private int[] start = {};
  private int[] tokenRows = {};
  private float[] tokenWeights = {};

  /**
   * Slots of one rank.
   *
   * @param sorter for this object to use when it likes
   */
  SlotRows(Scope scope, SlotSorter sorter) {
    this.scope = scope;
    this.sorter = sorter;
  }

  void bind(RowBinder binder, int source) {
    ExpertRows layout = binder.expertRows(scope.index());
    SourceRouting routing = binder.routing().source(source);
    int first = layout.firstExpert();
    int last = first + layout.expertCount();
    topK = binder.routing().topK();
    division = division == null ? SlotDivision.by(topK) : division;
    count = routing.offset(last) - routing.offset(first);
    grouped = false;
    slots = Grown.ints(slots, count);
    rows = Grown.ints(rows, count);
    experts = Grown.ints(experts, count);
    weights = Grown.floats(weights, count);
    routing.slots(first, last, slots, 0);
    routing.weights(first, last, weights, 0);
    int i = 0;
    for (int expert = first; expert < last; expert++) {
      int stop = routing.offset(expert + 1) - routing.offset(first);
      Arrays.fill(experts, i, stop, expert - first);
      i = stop;
    }
    if (binder.shape().rowPerSlot()) {
      layout.rows(source, routing, rows, 0);
    } else {
      division.tokens(slots, count, rows);
      TokenSet tokens = binder.needed(source, scope);
      tokens.positions(rows, 0, count, layout.firstRowOfSource(source));
    }
  }

  /** Number of slots. */
  public int count() {
    return count;
  }

  /** Slots per token. */
  public int topK() {
    return topK;
  }

  /** The slots, by expert and then by slot. */
  public int[] slots() {
    return slots;
  }

  /** The rows of the output buffer of the same slots; for RANK_MAJOR the row of the token. */
  public int[] rows() {
    return rows;
  }

  /** The experts of the same slots, counted from the rank's first. */
  public int[] experts() {
    return experts;
  }

  /** The weights of the same slots. */
  public float[] weights() {
    return weights;
  }

  /** Where the rows of each token that chose an expert of the rank start: {@link #tokenRows}. */
  int[] start() {
    group();
    return start;
  }

  /** The rows by token, and by slot within a token. */
  int[] tokenRows() {
    group();
    return tokenRows;
  }

  /** The weights of {@link #tokenRows}. */
  float[] tokenWeights() {
    group();
    return tokenWeights;
  }

  private void group() {
    if (grouped) {
      return;
    }
    grouped = true;
    sorter.sort(slots, count);
    int[] order = sorter.order();
    tokenRows = Grown.ints(tokenRows, count);
    tokenWeights = Grown.floats(tokenWeights, count);
    for (int i = 0; i < count; i++) {
      tokenRows[i] = rows[order[i]];
      tokenWeights[i] = weights[order[i]];
    }
    start = Grown.ints(start, count + 1);
    start[0] = 0;
    int[] tokenOf = sorter.sorted();
    division.tokens(tokenOf, count, tokenOf);
    int token = -1;
    int position = 0;
    for (int i = 0; i < count; i++) {
      // no branch: whether the next slot is of the same token is random
      position += tokenOf[i] == token ? 0 : 1;
      token = tokenOf[i];
      start[position] = i + 1;
    }
  }
}
