package io.moelink.layout.cost;

/**
 * Lists of ints by key, in two arrays: the values of key k are {@code values[start[k]]} to {@code
 * values[start[k + 1] - 1]}, in the order in which the pairs were given.
 */
record Lists(int[] start, int[] values) {
  static Lists byKey(int keyCount, Ints keys, Ints values) {
    int[] start = new int[keyCount + 1];
    for (int i = 0; i < keys.size(); i++) {
      start[keys.get(i) + 1]++;
    }
    for (int key = 0; key < keyCount; key++) {
      start[key + 1] += start[key];
    }
    int[] next = start.clone();
    int[] sorted = new int[keys.size()];
    for (int i = 0; i < sorted.length; i++) {
      sorted[next[keys.get(i)]++] = values.get(i);
    }
    return new Lists(start, sorted);
  }
}
