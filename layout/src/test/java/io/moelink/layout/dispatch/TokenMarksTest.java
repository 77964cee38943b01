package io.moelink.layout.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Marks say what a set of the slots' tokens says, for more tokens than one byte can count. */
class TokenMarksTest {
  @ParameterizedTest
  @CsvSource({"1, 8", "64, 1", "65, 3", "2047, 8", "2048, 8", "4096, 3", "5000, 1", "9000, 32"})
  void countAndBitmap(int tokens, int topK) {
    int width = TokenSet.wordCount(tokens);
    TokenMarks marks = new TokenMarks(width);
    SlotDivision division = SlotDivision.by(topK);
    Random random = new Random(tokens);
    for (double share : new double[] {1, 0.5, 0.01, 0}) {
      // more than once for some tokens
      int[] slots =
          IntStream.range(0, tokens * topK)
              .filter(slot -> slot % topK < 2 && random.nextDouble() <= share)
              .toArray();
      BitSet expected = new BitSet();
      Arrays.stream(slots).forEach(slot -> expected.set(slot / topK));
      marks.mark(slots, 0, slots.length, division);
      assertThat(marks.count()).as("share %s", share).isEqualTo(expected.cardinality());
      long[] words = new long[width + 2];
      words[1] = 1;
      marks.addTo(words, 1);
      expected.set(0);
      assertThat(words).as("share %s", share).isEqualTo(fromOne(expected, width + 2));
      marks.clear();
      assertThat(marks.count()).isZero();
    }
  }

  private static long[] fromOne(BitSet bits, int length) {
    long[] words = new long[length];
    long[] from = bits.toLongArray();
    System.arraycopy(from, 0, words, 1, from.length);
    return words;
  }
}
