package io.moelink.layout.plan;

/**
 * Sorts slots of one source, none of them twice: marks each in a bitmap and reads the marks in
 * order. Takes one pass over the slots and one over the bitmap, and compares nothing: which slots
 * go where is random, and a processor that guesses wrong waits longer than the rest takes.
 */
final class SlotSorter {
  /** Marked slots; all zero between calls. */
  private long[] marks = {};

  /** Where each marked slot is in the unsorted list. */
  private int[] places = {};

  private int[] sorted = {};
  private int[] order = {};

  /** Sorts the first {@code count} of some slots. */
  void sort(int[] slots, int count) {
    int last = 0;
    for (int i = 0; i < count; i++) {
      last = Math.max(last, slots[i]);
    }
    int words = (last >> 6) + 1;
    if (marks.length < words) {
      marks = new long[words + words / 8];
    }
    places = Grown.ints(places, last + 1);
    for (int i = 0; i < count; i++) {
      int slot = slots[i];
      marks[slot >> 6] |= 1L << slot;
      places[slot] = i;
    }
    sorted = Grown.ints(sorted, count);
    order = Grown.ints(order, count);
    int at = 0;
    for (int word = 0; word < words; word++) {
      int base = word << 6;
      for (long left = marks[word]; left != 0; left &= left - 1) {
        int slot = base + Long.numberOfTrailingZeros(left);
        sorted[at] = slot;
        order[at++] = places[slot];
      }
      marks[word] = 0;
    }
  }

  /** The slots in ascending order; good until the next call. */
  int[] sorted() {
    return sorted;
  }

  /** Where each of {@link #sorted} was. */
  int[] order() {
    return order;
  }
}
