package io.moelink.execute;

import io.moelink.transport.Transport;
import java.util.Arrays;

/** The puts that read a ring of the rank that sends it, and how many of its rows they have read. */
final class SentRows {
  /** From {@link #first} on, modulo their length, a power of two. */
  private long[] puts = new long[8];

  private int[] ends = new int[puts.length];
  private int first;
  private int count;
  private int read;

  void clear() {
    count = 0;
    read = 0;
  }

  /**
   * A put of all rows before {@code end} that were not yet sent is under way; 0: it has been read.
   */
  void add(long put, int end) {
    if (count == puts.length) {
      grow();
    }
    int at = first + count & puts.length - 1;
    puts[at] = put;
    ends[at] = end;
    count++;
  }

  /** Rows that may be written over. */
  int read(Transport transport) {
    while (count > 0 && (puts[first] == 0 || transport.sourceFree(puts[first]))) {
      read = ends[first];
      first = first + 1 & puts.length - 1;
      count--;
    }
    return read;
  }

  /** Whether puts are under way, as of the last look. */
  boolean any() {
    return count > 0;
  }

  private void grow() {
    int length = puts.length;
    long[] morePuts = Arrays.copyOf(puts, 2 * length);
    int[] moreEnds = Arrays.copyOf(ends, 2 * length);
    for (int i = 0; i < length; i++) {
      morePuts[i] = puts[first + i & length - 1];
      moreEnds[i] = ends[first + i & length - 1];
    }
    first = 0;
    puts = morePuts;
    ends = moreEnds;
  }
}
