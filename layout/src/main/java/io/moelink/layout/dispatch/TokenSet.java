package io.moelink.layout.dispatch;

/**
 * An immutable set of tokens of one source rank, ascending: a bitmap with running counts. The
 * position of a token in the set is its row in every buffer that holds the set.
 */
public final class TokenSet {
  private final long[] words;
  private final int[] before;
  private final int count;

  private TokenSet(long[] words) {
    this.words = words;
    before = new int[words.length];
    int sum = 0;
    for (int w = 0; w < words.length; w++) {
      before[w] = sum;
      sum += Long.bitCount(words[w]);
    }
    count = sum;
  }

  /**
   * The set whose bit {@code t % 64} of word {@code t / 64} says "token t is in"; keeps the array.
   */
  static TokenSet ofWords(long[] words) {
    return new TokenSet(words);
  }

  /** All of tokens 0 to {@code tokens - 1}. */
  public static TokenSet all(int tokens) {
    long[] words = new long[wordCount(tokens)];
    java.util.Arrays.fill(words, -1L);
    if ((tokens & 63) != 0) {
      words[words.length - 1] = (1L << tokens) - 1;
    }
    return new TokenSet(words);
  }

  /** Words of a bitmap over {@code tokens} tokens. */
  public static int wordCount(int tokens) {
    return (tokens + 63) >>> 6;
  }

  /** Number of tokens in the set. */
  public int count() {
    return count;
  }

  public boolean contains(int token) {
    return (words[token >>> 6] >>> token & 1) != 0;
  }

  /** How many tokens of the set are below {@code token}: its row, when the set contains it. */
  public int position(int token) {
    int w = token >>> 6;
    return before[w] + Long.bitCount(words[w] & ((1L << token) - 1));
  }

  /**
   * Replaces {@code tokens[from]} up to {@code tokens[to - 1]}, all of the set, by {@code first}
   * plus their positions.
   */
  public void positions(int[] tokens, int from, int to, int first) {
    for (int i = from; i < to; i++) {
      tokens[i] = first + position(tokens[i]);
    }
  }

  /** The tokens, ascending. */
  public int[] toArray() {
    int[] tokens = new int[count];
    int n = 0;
    for (int w = 0; w < words.length; w++) {
      for (long bits = words[w]; bits != 0; bits &= bits - 1) {
        tokens[n++] = (w << 6) + Long.numberOfTrailingZeros(bits);
      }
    }
    return tokens;
  }
}
