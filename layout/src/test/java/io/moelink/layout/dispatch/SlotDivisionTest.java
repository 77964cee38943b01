package io.moelink.layout.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SlotDivisionTest {
  /** The quotient changes at multiples of K only: so these, and their neighbours, are enough. */
  @Test
  void isExactForEverySlot() {
    Random random = new Random(7);
    for (int topK = 1; topK <= 32; topK++) {
      SlotDivision division = SlotDivision.by(topK);
      for (int token = 0; token < 10_000; token++) {
        check(division, token * topK);
      }
      for (int i = 0; i < 100_000; i++) {
        check(division, random.nextInt((1 << 30) / topK) * topK);
      }
      check(division, ((1 << 30) - 1) / topK * topK);
      assertThat(division.token((1 << 30) - 1)).isEqualTo(((1 << 30) - 1) / topK);
    }
  }

  @Test
  void dividesManyAsItDividesOne() {
    int[] slots = new Random(8).ints(1000, 0, 1 << 30).toArray();
    for (int topK = 1; topK <= 32; topK++) {
      SlotDivision division = SlotDivision.by(topK);
      int[] tokens = slots.clone();
      division.tokens(tokens, 999, tokens);
      assertThat(tokens[999]).isEqualTo(slots[999]);
      for (int i = 0; i < 999; i++) {
        assertThat(tokens[i]).isEqualTo(slots[i] / topK);
      }
    }
  }

  private static void check(SlotDivision division, int slot) {
    int topK = division.topK();
    if (division.token(slot) != slot / topK
        || division.token(slot + topK - 1) != slot / topK
        || slot > 0 && division.token(slot - 1) != (slot - 1) / topK) {
      throw new AssertionError("slot " + slot + " of K " + topK);
    }
  }
}
