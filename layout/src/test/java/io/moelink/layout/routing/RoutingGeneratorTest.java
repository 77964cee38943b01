package io.moelink.layout.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingGeneratorTest {
  private static final String ALLOWED =
      ", expected uniform, zipf:S (0 < S <= 8), one-expert or grouped:M (M >= 1)";

  @Test
  void readsSpecsAndWritesThemBack() {
    for (String text : new String[] {"uniform", "zipf:1.2", "one-expert", "grouped:4"}) {
      assertThat(RoutingSpec.parse(text)).hasToString(text);
    }
    assertThat(RoutingSpec.parse("zipf:2")).isEqualTo(RoutingSpec.zipf(2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Uniform",
        "uniform:1",
        "zipf",
        "zipf:",
        "zipf:x",
        "zipf:0",
        "zipf:-1",
        "zipf:NaN",
        "zipf:9",
        "one-expert:3",
        "grouped",
        "grouped:0",
        "grouped:1.5",
        "random"
      })
  void refusesOtherSpecs(String text) {
    refused(() -> RoutingSpec.parse(text), "routing \"" + text + "\"" + ALLOWED);
  }

  @Test
  void refusesSizesThatCannotBe() {
    refused(
        () -> new RoutingGenerator(RoutingSpec.UNIFORM, 1, 4, 5, 1),
        "routing uniform: top-k 5, expected 1..4 (there are 4 experts)");
    refused(
        () -> new RoutingGenerator(RoutingSpec.grouped(3), 1, 16, 4, 2),
        "routing grouped:3: 3 groups a token, expected 1..2 (there are 2 groups)");
    refused(
        () -> new RoutingGenerator(RoutingSpec.grouped(1), 1, 16, 4, 0),
        "routing grouped:1: 0 groups, expected 1..16");
    refused(
        () -> new RoutingGenerator(RoutingSpec.grouped(2), 1, 16, 6, 8),
        "routing grouped:2: top-k 6, expected at most 4 (2 groups of 2 experts)");
    refused(
        () -> new RoutingGenerator(RoutingSpec.UNIFORM, 1, 8, 2, 1).topK(3, -1),
        "routing uniform: rank 3: -1 tokens, expected 0 or more");
  }

  @ParameterizedTest
  @ValueSource(strings = {"uniform", "zipf:0.3", "zipf:1.2", "zipf:8", "one-expert", "grouped:2"})
  void everyTokenCanBeRecomputedAlone(String spec) {
    for (int[] size : new int[][] {{256, 8}, {8, 8}, {64, 32}, {4096, 6}, {33, 9}}) {
      int groups = size[0] == 33 ? 3 : 2;
      RoutingGenerator generator =
          new RoutingGenerator(RoutingSpec.parse(spec), 42, size[0], size[1], groups);
      TopK topK = generator.topK(5, 64);
      int[] ids = new int[size[1] + 1];
      float[] weights = new float[size[1] + 1];
      for (int token = 63; token >= 0; token--) {
        generator.row(5, token, ids, weights, 1);
        float sum = 0;
        for (int k = 0; k < size[1]; k++) {
          assertThat(topK.id(token, k)).isEqualTo(ids[k + 1]);
          assertThat(topK.weight(token, k)).isEqualTo(weights[k + 1]);
          assertThat(weights[k + 1] > 0).isEqualTo(ids[k + 1] >= 0);
          sum += weights[k + 1];
        }
        assertThat(sum).isCloseTo(1f, within(1e-5f));
      }
      assertThat(generator.topK(5, 64)).isEqualTo(topK);
      if (!spec.equals("one-expert")) {
        assertThat(generator.topK(6, 64)).isNotEqualTo(topK);
        assertThat(
                new RoutingGenerator(RoutingSpec.parse(spec), 43, size[0], size[1], groups)
                    .topK(5, 64))
            .isNotEqualTo(topK);
      }
    }
  }

  /** Holds the stream itself, so that a seed means the same in every version. */
  @Test
  void aSeedMeansTheSameForEver() {
    assertThat(new RoutingGenerator(RoutingSpec.UNIFORM, 1, 256, 4, 1).topK(0, 2).ids())
        .containsExactly(UNIFORM_IDS);
    assertThat(new RoutingGenerator(RoutingSpec.zipf(1.2), 1, 256, 4, 1).topK(0, 2).ids())
        .containsExactly(ZIPF_IDS);
    assertThat(new RoutingGenerator(RoutingSpec.grouped(2), 1, 256, 4, 8).topK(0, 2).ids())
        .containsExactly(GROUPED_IDS);
  }

  private static final int[] UNIFORM_IDS = {110, 108, 138, 209, 214, 34, 119, 182};
  private static final int[] ZIPF_IDS = {59, 5, 18, 182, 183, 229, 59, 148};
  private static final int[] GROUPED_IDS = {2, 20, 106, 105, 221, 45, 215, 208};

  @Test
  void oneExpertUsesTheFirstSlotOnly() {
    TopK topK = new RoutingGenerator(RoutingSpec.ONE_EXPERT, 1, 8, 3, 1).topK(0, 2);
    assertThat(topK.ids()).containsExactly(0, -1, -1, 0, -1, -1);
    assertThat(topK.weights()).containsExactly(1, 0, 0, 1, 0, 0);
  }

  @Test
  void groupedStaysInsideItsGroupsAndUsesAllOfThem() {
    RoutingGenerator generator = new RoutingGenerator(RoutingSpec.grouped(4), 3, 256, 8, 8);
    TopK topK = generator.topK(0, 2000);
    Set<Integer> used = new HashSet<>();
    for (int token = 0; token < 2000; token++) {
      Set<Integer> groups = new HashSet<>();
      for (int k = 0; k < 8; k++) {
        groups.add(topK.id(token, k) / 32);
      }
      assertThat(groups.size()).isLessThanOrEqualTo(4);
      used.addAll(groups);
    }
    assertThat(used).hasSize(8);
  }

  /** Page 2.6 of the specification: about 8192 * (1 - C(224,8)/C(256,8)) = 5,422 rows a block. */
  @Test
  void uniformHitsABlockAsOftenAsItShould() {
    RoutingGenerator generator = new RoutingGenerator(RoutingSpec.UNIFORM, 7, 256, 8, 1);
    int[] unique = new int[8];
    for (TopK rank : generator.topK(new int[] {4096, 4096})) {
      for (int token = 0; token < 4096; token++) {
        int blocks = 0;
        for (int k = 0; k < 8; k++) {
          blocks |= 1 << rank.id(token, k) / 32;
        }
        for (int block = 0; block < 8; block++) {
          unique[block] += blocks >> block & 1;
        }
      }
    }
    // standard deviation sqrt(8192 * .662 * .338) = 43
    for (int count : unique) {
      assertThat(count).isBetween(5422 - 175, 5422 + 175);
    }
  }

  @Test
  void zipfFallsAsTheExponentSays() {
    RoutingGenerator generator = new RoutingGenerator(RoutingSpec.zipf(1.2), 7, 64, 1, 1);
    int[] counts = new int[64];
    for (int id : generator.topK(0, 200_000).ids()) {
      counts[id]++;
    }
    int hottest = 0;
    for (int expert = 0; expert < 64; expert++) {
      hottest = counts[expert] > counts[hottest] ? expert : hottest;
    }
    Arrays.sort(counts);
    double sum = 0;
    for (int place = 1; place <= 64; place++) {
      sum += Math.pow(place, -1.2);
    }
    assertThat(counts[63] / 200_000.0).isCloseTo(1 / sum, within(.01));
    assertThat(counts[62] / (double) counts[63]).isCloseTo(Math.pow(2, -1.2), within(.02));
    assertThat(counts[48] / (double) counts[63]).isCloseTo(Math.pow(16, -1.2), within(.01));
    assertThat(counts[0]).isPositive();
  }

  /** Without replacement: the second choice follows the shares that are left. */
  @Test
  void zipfWithoutReplacementMatchesTheExactDistribution() {
    RoutingGenerator generator = new RoutingGenerator(RoutingSpec.zipf(2), 5, 3, 2, 1);
    int[] first = new int[3];
    for (int id : new RoutingGenerator(RoutingSpec.zipf(2), 5, 3, 1, 1).topK(0, 3000).ids()) {
      first[id]++;
    }
    int[] order = {0, 1, 2};
    for (int i = 0; i < 3; i++) {
      for (int j = i + 1; j < 3; j++) {
        if (first[order[j]] > first[order[i]]) {
          int swap = order[i];
          order[i] = order[j];
          order[j] = swap;
        }
      }
    }
    TopK topK = generator.topK(1, 200_000);
    int hotThenSecond = 0;
    int hot = 0;
    for (int token = 0; token < 200_000; token++) {
      if (topK.id(token, 0) == order[0]) {
        hot++;
        hotThenSecond += topK.id(token, 1) == order[1] ? 1 : 0;
      }
    }
    // shares 36 : 9 : 4
    assertThat(hot / 200_000.0).isCloseTo(36.0 / 49, within(.005));
    assertThat(hotThenSecond / (double) hot).isCloseTo(9.0 / 13, within(.005));
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }
}
