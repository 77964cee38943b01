package io.moelink.layout.dispatch;

/**
 * A set of tokens of one source rank, ascending: a bitmap with running counts. The position of a
 * token in the set is its row in every buffer that holds the set. A set does not change, unless its
 * owner has its memory used again for another.
 */
public final class TokenSet {
  private long[] words = {};
  private int[] before = {};
  private int wordCount;
  private int count;

  private TokenSet() {}

  /**
   * The tokens of a source that a scope needs.
   *
   * @param used a set that nobody will read again, whose memory is taken and which is then the
   *     result; or null
   */
  static TokenSet of(SourceRouting source, Scope scope, TokenSet used) {
    TokenSet set = used == null ? new TokenSet() : used;
    set.reserve(wordCount(source.tokens()));
    if (scope.kind() == Scope.Kind.ALL) {
      set.fill(source.tokens());
    } else {
      source.words(scope, set.words);
    }
    set.countUp();
    return set;
  }

  /** All of tokens 0 to {@code tokens - 1}. */
  public static TokenSet all(int tokens) {
    TokenSet set = new TokenSet();
    set.reserve(wordCount(tokens));
    set.fill(tokens);
    set.countUp();
    return set;
  }

  private void reserve(int length) {
    if (words.length < length) {
      words = new long[length];
      before = new int[length];
    }
    wordCount = length;
  }

  private void fill(int tokens) {
    java.util.Arrays.fill(words, 0, wordCount, -1L);
    if ((tokens & 63) != 0) {
      words[wordCount - 1] = (1L << tokens) - 1;
    }
  }

  private void countUp() {
    int sum = 0;
    for (int w = 0; w < wordCount; w++) {
      before[w] = sum;
      sum += Long.bitCount(words[w]);
    }
    count = sum;
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
    copyTo(tokens, 0);
    return tokens;
  }

  /** Writes the tokens, ascending, to an array, from index {@code at} on. */
  public void copyTo(int[] into, int at) {
    int n = at;
    for (int w = 0; w < wordCount; w++) {
      for (long bits = words[w]; bits != 0; bits &= bits - 1) {
        into[n++] = (w << 6) + Long.numberOfTrailingZeros(bits);
      }
    }
  }
}
