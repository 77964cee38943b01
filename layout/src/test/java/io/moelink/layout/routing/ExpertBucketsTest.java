package io.moelink.layout.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever was sorted before, the result is that of counting, in arrays of the caller. */
class ExpertBucketsTest {
  private final ExpertBuckets buckets = new ExpertBuckets();

  @Test
  void equalCountingForOneShapeAfterAnother() {
    for (long seed = 1; seed <= 400; seed++) {
      check(RandomRouting.any(seed), "seed " + seed);
    }
  }

  @Test
  void equalCountingWhenExpertsRunOverAndAfterwards() {
    Random random = new Random(3);
    for (int round = 0; round < 60; round++) {
      int favoured = 1 + random.nextInt(32);
      double share = random.nextDouble();
      check(skewed(random, 500, 4, 32, favoured, share), favoured + " of 32, share " + share);
    }
  }

  @Test
  void equalCountingWhenTheLastExpertHasAll() {
    int[] even = new int[640];
    Arrays.setAll(even, slot -> slot % 20);
    int[] last = new int[640];
    Arrays.fill(last, 19);
    for (int[] ids : new int[][] {even, last, even, last, last, even}) {
      check(TopK.of(ids, null, 640, 1, 20), "20 experts, ids " + ids[0] + ", " + ids[1]);
    }
  }

  /** Tokens of which a share chooses among the first experts alone. */
  private static TopK skewed(
      Random random, int tokens, int topK, int experts, int favoured, double share) {
    int[] ids = new int[tokens * topK];
    for (int token = 0; token < tokens; token++) {
      int among = random.nextDouble() < share ? Math.max(favoured, topK) : experts;
      int first = random.nextInt(among);
      for (int k = 0; k < topK; k++) {
        ids[token * topK + k] = (first + k) % among;
      }
    }
    return TopK.of(ids, null, tokens, topK, experts);
  }

  private void check(TopK topK, String what) {
    SlotIndex expected = SlotIndex.of(topK);
    int[] offsets = new int[topK.experts() + 3];
    int[] slots = new int[topK.slots() + 5];
    Arrays.fill(offsets, 77);
    Arrays.fill(slots, 77);
    buckets.sort(topK.ids(), topK.tokens(), topK.topK(), topK.experts(), offsets, slots);
    assertThat(Arrays.copyOf(offsets, topK.experts() + 1)).as(what).isEqualTo(expected.offsets());
    assertThat(Arrays.copyOf(slots, topK.slots())).as(what).isEqualTo(expected.slots());
    assertThat(offsets[topK.experts() + 1]).as(what).isEqualTo(77);
    assertThat(slots[topK.slots()]).as(what).isEqualTo(77);
  }
}
