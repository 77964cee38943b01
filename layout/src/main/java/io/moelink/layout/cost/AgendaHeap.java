package io.moelink.layout.cost;

/** At most one time for each of a fixed number of things; the earliest on top. */
final class AgendaHeap {
  private static final int ABSENT = -1;

  private final double[] timeOf;
  private final int[] placeOf;
  private final int[] heap;
  private int size;

  AgendaHeap(int things) {
    timeOf = new double[things];
    placeOf = new int[things];
    java.util.Arrays.fill(placeOf, ABSENT);
    heap = new int[things];
  }

  boolean isEmpty() {
    return size == 0;
  }

  double topTime() {
    return timeOf[heap[0]];
  }

  int top() {
    return heap[0];
  }

  /** Sets the time of a thing; infinity takes it out. */
  void set(int thing, double time) {
    if (time == Double.POSITIVE_INFINITY) {
      remove(thing);
      return;
    }
    int at = placeOf[thing];
    if (at == ABSENT) {
      at = size++;
    }
    timeOf[thing] = time;
    down(up(at, thing), thing);
  }

  private void remove(int thing) {
    int at = placeOf[thing];
    if (at == ABSENT) {
      return;
    }
    placeOf[thing] = ABSENT;
    int last = heap[--size];
    if (last != thing) {
      down(up(at, last), last);
    }
  }

  private int up(int from, int thing) {
    int at = from;
    while (at > 0) {
      int parent = heap[(at - 1) >>> 1];
      if (!before(thing, parent)) {
        break;
      }
      put(at, parent);
      at = (at - 1) >>> 1;
    }
    put(at, thing);
    return at;
  }

  private void down(int from, int thing) {
    int at = from;
    for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && before(heap[child + 1], heap[child])) {
        child++;
      }
      if (before(thing, heap[child])) {
        break;
      }
      put(at, heap[child]);
      at = child;
    }
    put(at, thing);
  }

  private void put(int at, int thing) {
    heap[at] = thing;
    placeOf[thing] = at;
  }

  private boolean before(int thing, int other) {
    return timeOf[thing] < timeOf[other] || timeOf[thing] == timeOf[other] && thing < other;
  }
}
