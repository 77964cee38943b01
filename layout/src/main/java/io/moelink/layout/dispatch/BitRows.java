package io.moelink.layout.dispatch;

/** A bit matrix, one row of words after the other. */
final class BitRows {
  private final long[] words;
  private final int width;

  BitRows(int rows, int width) {
    words = new long[Math.multiplyExact(rows, width)];
    this.width = width;
  }

  long[] words() {
    return words;
  }

  /** Sets the bits of the tokens of {@code slots[from]} to {@code slots[to - 1]} in a row. */
  void set(int row, int[] slots, int from, int to, int topK) {
    int base = row * width;
    if (Integer.bitCount(topK) == 1) {
      int shift = Integer.numberOfTrailingZeros(topK);
      for (int i = from; i < to; i++) {
        int token = slots[i] >>> shift;
        words[base + (token >>> 6)] |= 1L << token;
      }
    } else {
      for (int i = from; i < to; i++) {
        int token = slots[i] / topK;
        words[base + (token >>> 6)] |= 1L << token;
      }
    }
  }

  void or(int row, BitRows other, int otherRow) {
    int base = row * width;
    int otherBase = otherRow * width;
    for (int w = 0; w < width; w++) {
      words[base + w] |= other.words[otherBase + w];
    }
  }

  void copy(int row, long[] into) {
    System.arraycopy(words, row * width, into, 0, width);
  }

  int count(int row) {
    int sum = 0;
    for (int w = row * width; w < (row + 1) * width; w++) {
      sum += Long.bitCount(words[w]);
    }
    return sum;
  }
}
