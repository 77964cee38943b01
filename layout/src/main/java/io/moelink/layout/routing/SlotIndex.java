package io.moelink.layout.routing;

import java.util.Arrays;
import java.util.Objects;

/**
 * The slots of one rank, sorted by expert: what every rank all-gathers, and all that the layouts
 * read. A receiver looks at the slices of its own experts only, whatever the number of ranks.
 *
 * <pre>
 *   offsets  int32 [E+1]   [ 0 | 3 | 3 | 7 | ... | N ]      expert e owns slots[offsets[e] .. offsets[e+1])
 *   slots    int32 [T*K]   [ 2 9 17 | 0 4 8 30 | ...  ]     token * K + k, ascending inside an expert
 * </pre>
 *
 * The N slots that name an expert come first; the slots without an expert (-1) fill what is left of
 * {@code slots}, ascending, and no offset leads to them.
 *
 * <p>Immutable as long as the arrays handed out are only read; may be shared between threads.
 */
public final class SlotIndex {
  private final int tokens;
  private final int topK;
  private final int[] offsets;
  private final int[] slots;

  private SlotIndex(int tokens, int topK, int[] offsets, int[] slots) {
    this.tokens = tokens;
    this.topK = topK;
    this.offsets = offsets;
    this.slots = slots;
  }

  /** Sorts the slots of one rank. O(T*K + E). */
  public static SlotIndex of(TopK topK) {
    int[] offsets = new int[topK.experts() + 1];
    int[] slots = new int[topK.slots()];
    build(topK.ids(), topK.tokens(), topK.topK(), topK.experts(), offsets, slots);
    return new SlotIndex(topK.tokens(), topK.topK(), offsets, slots);
  }

  /**
   * Takes arrays that another rank built and sent. Only their shape is checked; the caller must not
   * change them afterwards.
   *
   * @param offsets int32 [E+1], ascending from 0 to at most {@code tokens * topK}
   * @param slots int32 [at least {@code offsets[E]}]
   */
  public static SlotIndex wrap(int tokens, int topK, int[] offsets, int[] slots) {
    boolean ascending = offsets.length > 1 && offsets[0] == 0;
    for (int expert = 0; ascending && expert < offsets.length - 1; expert++) {
      ascending = offsets[expert] <= offsets[expert + 1];
    }
    if (!ascending
        || offsets[offsets.length - 1] > slots.length
        || offsets[offsets.length - 1] > (long) tokens * topK) {
      throw new IllegalArgumentException(
          String.format(
              "slot index tokens=%d topK=%d slots=%d: offsets do not ascend from 0 to at most"
                  + " that: %s",
              tokens, topK, slots.length, Arrays.toString(offsets)));
    }
    return new SlotIndex(tokens, topK, offsets, slots);
  }

  /**
   * Sorts into arrays of the caller, without allocating.
   *
   * @param ids int32 [T, K], checked before (see {@link TopK})
   * @param offsets at least E+1 entries; the first E+1 are written
   * @param slots at least T*K entries; the first T*K are written
   */
  public static void build(
      int[] ids, int tokens, int topK, int experts, int[] offsets, int[] slots) {
    int count = tokens * topK;
    Objects.checkFromToIndex(0, count, ids.length);
    Objects.checkFromToIndex(0, count, slots.length);
    Objects.checkFromToIndex(0, experts + 1, offsets.length);
    // Entry id + 1 counts, then becomes the cursor of an expert, and ends as the start of the next
    // one: one array does for all three, and "no expert" is entry 0 rather than a branch.
    Arrays.fill(offsets, 0, experts + 1, 0);
    count(ids, count, offsets);
    int next = 0;
    for (int entry = 1; entry <= experts; entry++) {
      int own = offsets[entry];
      offsets[entry] = next;
      next += own;
    }
    offsets[0] = next;
    scatter(ids, count, offsets, slots);
    offsets[0] = 0;
  }

  // One loop a method: the compiler unrolls each of them whatever the other one's profile was.
  private static void count(int[] ids, int count, int[] offsets) {
    for (int slot = 0; slot < count; slot++) {
      offsets[ids[slot] + 1]++;
    }
  }

  private static void scatter(int[] ids, int count, int[] cursors, int[] slots) {
    for (int slot = 0; slot < count; slot++) {
      slots[cursors[ids[slot] + 1]++] = slot;
    }
  }

  /** Tokens of the rank. */
  public int tokens() {
    return tokens;
  }

  /** Slots of one token, K. */
  public int topK() {
    return topK;
  }

  /** Experts of the layer, E. */
  public int experts() {
    return offsets.length - 1;
  }

  /** Slots that name an expert, N. */
  public int size() {
    return offsets[offsets.length - 1];
  }

  /** Slots (which is to say tokens) that name the expert. */
  public int count(int expert) {
    return offsets[expert + 1] - offsets[expert];
  }

  /** int32 [E+1]. The array itself, for hot loops: read it only. */
  public int[] offsets() {
    return offsets;
  }

  /** int32, of which the first {@link #size()} count. The array itself: read it only. */
  public int[] slots() {
    return slots;
  }
}
