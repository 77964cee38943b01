package io.moelink.layout.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotIndexTest {
  @Test
  void sortsASmallRankByHand() {
    TopK topK = TopK.of(new int[] {2, 0, -1, 2, 3, -1}, null, 3, 2, 5);
    SlotIndex index = SlotIndex.of(topK);
    assertThat(index.offsets()).containsExactly(0, 1, 1, 3, 4, 4);
    assertThat(index.slots()).containsExactly(1, 0, 3, 4, 2, 5);
    assertThat(index.size()).isEqualTo(4);
    assertThat(index.count(2)).isEqualTo(2);
    assertThat(index.experts()).isEqualTo(5);
  }

  @Test
  void equalsTheReferenceOnRandomRouting() {
    for (long seed = 1; seed <= 400; seed++) {
      check(RandomRouting.any(seed), "seed " + seed);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 15, 31, 32})
  void equalsTheReferenceAtTheEdges(int topK) {
    Random random = new Random(topK);
    for (int experts : new int[] {32, 4096, TopK.MAX_EXPERTS}) {
      for (int tokens : new int[] {0, 1, 2, 3, 5, 64}) {
        String what = "K=" + topK + " E=" + experts + " T=" + tokens;
        check(RandomRouting.of(random, tokens, topK, experts, 0, false), what);
        check(RandomRouting.of(random, tokens, topK, experts, 1, false), what + " all -1");
        check(RandomRouting.of(random, tokens, topK, experts, 0, true), what + " one expert");
      }
    }
  }

  @Test
  void buildsIntoLongerArraysOfTheCallerThatHoldOldValues() {
    TopK topK = RandomRouting.of(new Random(7), 50, 4, 16, 0.3, false);
    int[] offsets = new int[40];
    int[] slots = new int[999];
    Arrays.fill(offsets, 77);
    Arrays.fill(slots, 77);
    SlotIndex.build(topK.ids(), 50, 4, 16, offsets, slots);
    SlotIndex expected = SlotIndex.of(topK);
    assertThat(Arrays.copyOf(offsets, 17)).isEqualTo(expected.offsets());
    assertThat(Arrays.copyOf(slots, 200)).isEqualTo(expected.slots());
    assertThat(offsets[17]).isEqualTo(77);
    assertThat(slots[200]).isEqualTo(77);
  }

  @Test
  void wrapsWhatAnotherRankSentAndRefusesOffsetsThatDoNotAscend() {
    SlotIndex built = SlotIndex.of(RandomRouting.of(new Random(8), 20, 3, 9, 0.2, false));
    SlotIndex sent =
        SlotIndex.wrap(20, 3, built.offsets(), Arrays.copyOf(built.slots(), built.size()));
    assertThat(sent.size()).isEqualTo(built.size());
    assertThat(sent.tokens()).isEqualTo(20);
    assertThat(sent.topK()).isEqualTo(3);
    assertThatThrownBy(() -> SlotIndex.wrap(2, 1, new int[] {0, 2, 1}, new int[2]))
        .hasMessage(
            "slot index tokens=2 topK=1 slots=2: offsets do not ascend from 0 to at most that:"
                + " [0, 2, 1]");
    assertThatThrownBy(() -> SlotIndex.wrap(2, 1, new int[] {0, 3}, new int[2]))
        .hasMessageContaining("slots=2: offsets do not ascend");
    assertThatThrownBy(() -> SlotIndex.wrap(2, 1, new int[0], new int[2]))
        .hasMessageContaining("offsets do not ascend");
  }

  private static void check(TopK topK, String what) {
    SlotIndex index = SlotIndex.of(topK);
    List<List<Integer>> expected = SlotIndexReference.slotsByExpert(topK);
    assertThat(index.offsets()).as(what).hasSize(topK.experts() + 1);
    int next = 0;
    for (int expert = 0; expert < topK.experts(); expert++) {
      int count = expected.get(expert).size();
      if (index.offsets()[expert] != next || index.count(expert) != count) {
        throw new AssertionError(what + ": expert " + expert + " starts or ends elsewhere");
      }
      for (int i = 0; i < count; i++) {
        if (index.slots()[next + i] != expected.get(expert).get(i)) {
          throw new AssertionError(what + ": expert " + expert + ", entry " + i);
        }
      }
      next += count;
    }
    assertThat(index.size()).as(what).isEqualTo(next);
    for (int i = next, last = -1; i < topK.slots(); i++) {
      int slot = index.slots()[i];
      if (topK.ids()[slot] != TopK.NONE || slot <= last) {
        throw new AssertionError(what + ": entry " + i + " is no further slot without an expert");
      }
      last = slot;
    }
  }
}
