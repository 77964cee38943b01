package io.moelink.layout.plan;

import java.util.Arrays;

/**
 * Values by a pair of numbers, such as source and rank. They are kept when all of them become out
 * of date, so that each can be worked out again in its own memory. Looking one up allocates nothing
 * once its pair has been seen.
 */
final class Kept<T> {
  private static final int FREE = -1;

  private long[] keys = new long[16];
  private int[] numbers = new int[16];
  private Object[] values = new Object[8];
  private int[] rounds = new int[8];
  private int count;
  private int round = 1;

  Kept() {
    Arrays.fill(numbers, FREE);
  }

  /** Every value is out of date from now on. */
  void expire() {
    round++;
  }

  /** The number of a pair, the same for ever. */
  int number(int first, int second) {
    long key = (long) first << Integer.SIZE | second;
    int at = place(key);
    if (numbers[at] == FREE) {
      if (2 * count >= keys.length) {
        grow();
        at = place(key);
      }
      keys[at] = key;
      numbers[at] = count++;
      if (count > values.length) {
        values = Arrays.copyOf(values, 2 * values.length);
        rounds = Arrays.copyOf(rounds, 2 * rounds.length);
      }
    }
    return numbers[at];
  }

  boolean isCurrent(int number) {
    return rounds[number] == round;
  }

  /** The last value of a number, current or not; null if there was none. */
  @SuppressWarnings("unchecked")
  T get(int number) {
    return (T) values[number];
  }

  void set(int number, T value) {
    values[number] = value;
    rounds[number] = round;
  }

  /** Where a key is or would be; the capacity is a power of two and never full. */
  private int place(long key) {
    int mask = keys.length - 1;
    int at = (int) (key * 0x9E3779B97F4A7C15L >>> 40) & mask;
    while (numbers[at] != FREE && keys[at] != key) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldNumbers = numbers;
    keys = new long[2 * oldKeys.length];
    numbers = new int[keys.length];
    Arrays.fill(numbers, FREE);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldNumbers[i] != FREE) {
        int at = place(oldKeys[i]);
        keys[at] = oldKeys[i];
        numbers[at] = oldNumbers[i];
      }
    }
  }
}
