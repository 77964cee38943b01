package io.moelink.layout.cost;

import java.util.Arrays;

/** A queue of ints by ascending key; equal keys by ascending int, so that the order is one. */
final class TimeHeap {
  private double[] keys = new double[4];
  private int[] values = new int[4];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  double topKey() {
    return keys[0];
  }

  void add(double key, int value) {
    if (size == values.length) {
      keys = Arrays.copyOf(keys, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (!before(key, value, parent)) {
        break;
      }
      keys[at] = keys[parent];
      values[at] = values[parent];
      at = parent;
    }
    keys[at] = key;
    values[at] = value;
  }

  int poll() {
    int top = values[0];
    double key = keys[--size];
    int value = values[size];
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && before(keys[child + 1], values[child + 1], child)) {
        child++;
      }
      if (before(key, value, child)) {
        break;
      }
      keys[at] = keys[child];
      values[at] = values[child];
      at = child;
    }
    if (size > 0) {
      keys[at] = key;
      values[at] = value;
    }
    return top;
  }

  private boolean before(double key, int value, int other) {
    return key < keys[other] || key == keys[other] && value < values[other];
  }
}
