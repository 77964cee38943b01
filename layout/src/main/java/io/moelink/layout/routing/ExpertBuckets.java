package io.moelink.layout.routing;

import java.util.Objects;

/**
 * Sorts slots by expert in one pass over the ids, and a copy, where {@link SlotIndex#build} takes
 * two passes: every expert has a bucket with room for twice the mean, or for what one expert had
 * before and an eighth more.
 *
 * <pre>
 *   buckets  [ expert 0, room | expert 1, room | ... | no expert (-1), T*K ]
 * </pre>
 *
 * A bucket that runs over does so into the next ones and is found out afterwards; the slots are
 * then counted after all. The result is that of {@link SlotIndex#build} in any case. Not for
 * several threads at once.
 */
public final class ExpertBuckets {
  /** Integers of a cache line. */
  private static final int LINE = 16;

  /** With fewer slots for an expert than these, buckets are mostly room. */
  private static final int SLOTS_MIN = 4;

  /** Room that is worth its memory, for each slot. */
  private static final int ROOM_MAX = 8;

  /** And for all slots. */
  private static final int BUCKETS_MAX = 1 << 24;

  private int[] buckets = {};
  private int[] ends = {};

  /** The most slots that chose one expert the last time. */
  private int largest;

  /** Empty buckets, which grow with what is sorted. */
  public ExpertBuckets() {}

  /**
   * Sorts into arrays of the caller.
   *
   * @param ids int32 [T, K], checked before (see {@link TopK})
   * @param offsets at least E+1 entries; the first E+1 are written
   * @param slots at least T*K entries; the first T*K are written
   */
  public void sort(int[] ids, int tokens, int topK, int experts, int[] offsets, int[] slots) {
    int count = tokens * topK;
    Objects.checkFromToIndex(0, count, ids.length);
    Objects.checkFromToIndex(0, count, slots.length);
    Objects.checkFromToIndex(0, experts + 1, offsets.length);
    int room = room(count, experts);
    if (room == 0 || !fill(ids, count, experts, room)) {
      SlotIndex.build(ids, tokens, topK, experts, offsets, slots);
    } else {
      collect(experts, room, offsets, slots);
    }
    largest = largest(offsets, experts);
  }

  /** Of one bucket; 0 where counting is better. */
  private int room(int count, int experts) {
    if (count < experts * SLOTS_MIN) {
      return 0;
    }
    int slots = Math.max(2 * (count / experts), largest + largest / 8);
    // an odd number of lines, so that buckets do not start in the same few places of the cache
    int room = (Math.ceilDiv(slots, LINE) | 1) * LINE;
    long all = (long) room * experts;
    return all <= (long) count * ROOM_MAX && all <= BUCKETS_MAX ? room : 0;
  }

  /** Whether all slots found room. */
  private boolean fill(int[] ids, int count, int experts, int room) {
    if (buckets.length < experts * room + count) {
      buckets = new int[experts * room + count];
    }
    if (ends.length < experts + 1) {
      ends = new int[experts + 1];
    }
    ends[0] = experts * room;
    for (int expert = 0; expert < experts; expert++) {
      ends[expert + 1] = expert * room;
    }
    put(ids, count, ends, buckets);
    boolean found = true;
    for (int expert = 0; expert < experts; expert++) {
      found &= ends[expert + 1] <= (expert + 1) * room;
    }
    return found;
  }

  private static void put(int[] ids, int count, int[] ends, int[] buckets) {
    for (int slot = 0; slot < count; slot++) {
      buckets[ends[ids[slot] + 1]++] = slot;
    }
  }

  private void collect(int experts, int room, int[] offsets, int[] slots) {
    int at = 0;
    for (int expert = 0; expert < experts; expert++) {
      offsets[expert] = at;
      int count = ends[expert + 1] - expert * room;
      System.arraycopy(buckets, expert * room, slots, at, count);
      at += count;
    }
    offsets[experts] = at;
    System.arraycopy(buckets, experts * room, slots, at, ends[0] - experts * room);
  }

  private static int largest(int[] offsets, int experts) {
    int largest = 0;
    for (int expert = 0; expert < experts; expert++) {
      largest = Math.max(largest, offsets[expert + 1] - offsets[expert]);
    }
    return largest;
  }
}
