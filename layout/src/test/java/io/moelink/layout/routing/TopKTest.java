package io.moelink.layout.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TopKTest {
  private static final int[] IDS = {7, 0, -1, 3, -1, -1};

  @Test
  void holdsChoicesAndWeights() {
    TopK topK = TopK.of(IDS, new float[] {.5f, .25f, 0, 1, 2, 3}, 2, 3, 8);
    assertThat(topK.tokens()).isEqualTo(2);
    assertThat(topK.topK()).isEqualTo(3);
    assertThat(topK.experts()).isEqualTo(8);
    assertThat(topK.slots()).isEqualTo(6);
    assertThat(topK.id(1, 0)).isEqualTo(3);
    assertThat(topK.weight(0, 1)).isEqualTo(.25f);
    assertThat(topK).hasToString("TopK[tokens=2, topK=3, experts=8]");
  }

  @Test
  void noWeightsMeanOneKth() {
    assertThat(TopK.of(IDS, null, 2, 3, 8).weights()).containsOnly(1f / 3);
  }

  @Test
  void copiesWhatItIsGivenUnlessItWraps() {
    int[] ids = {1, 2};
    float[] weights = {1, 2};
    TopK copied = TopK.of(ids, weights, 1, 2, 4);
    TopK wrapped = TopK.wrap(0, ids, weights, 1, 2, 4);
    assertThat(copied).isEqualTo(wrapped).hasSameHashCodeAs(wrapped);
    ids[0] = 3;
    weights[0] = 9;
    assertThat(copied.id(0, 0)).isEqualTo(1);
    assertThat(copied.weight(0, 0)).isEqualTo(1f);
    assertThat(wrapped.ids()).isSameAs(ids);
    assertThat(copied).isNotEqualTo(wrapped);
  }

  @Test
  void everyIdTypeGivesTheSameChoices() {
    TopK expected = TopK.of(IDS, null, 2, 3, 8);
    long[] longs = Arrays.stream(IDS).asLongStream().toArray();
    assertThat(TopK.of(longs, null, 2, 3, 8)).isEqualTo(expected);
    assertThat(TopK.of(0, new short[] {7, 0, -1, 3, -1, -1}, null, 2, 3, 8)).isEqualTo(expected);
    assertThat(TopK.of(0, new byte[] {7, 0, (byte) 200}, null, 1, 3, 256).ids())
        .containsExactly(7, 0, 200);
  }

  @ParameterizedTest
  @EnumSource(IdType.class)
  void readsEveryIdTypeFromMemory(IdType type) {
    int[] ids = type == IdType.UINT8 ? new int[] {1, 2, 200, 0, 255, 4} : IDS;
    int experts = type == IdType.UINT8 ? 256 : 8;
    float[] weights = {1, 2, 3, 4, 5, 6};
    try (Arena arena = Arena.ofConfined()) {
      // one byte off, to show that alignment does not matter
      MemorySegment memory = arena.allocate(1 + 6L * type.bytes()).asSlice(1);
      write(memory, type, ids);
      MemorySegment weightMemory = arena.allocate(25).asSlice(1);
      for (int i = 0; i < 6; i++) {
        weightMemory.set(
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
            4L * i,
            weights[i]);
      }
      assertThat(TopK.of(0, memory, type, weightMemory, 2, 3, experts))
          .isEqualTo(TopK.of(ids, weights, 2, 3, experts));
      assertThat(TopK.of(0, memory, type, null, 2, 3, experts))
          .isEqualTo(TopK.of(ids, null, 2, 3, experts));
    }
  }

  private static void write(MemorySegment memory, IdType type, int[] ids) {
    for (int i = 0; i < ids.length; i++) {
      for (int b = 0; b < type.bytes(); b++) {
        long value = ids[i];
        memory.set(ValueLayout.JAVA_BYTE, (long) i * type.bytes() + b, (byte) (value >> 8 * b));
      }
    }
  }

  @Test
  void refusesIdsOutOfRange() {
    int[] ids = new int[20 * 4];
    Arrays.fill(ids, -1);
    ids[17 * 4 + 2] = 300;
    refused(
        () -> TopK.of(3, ids, null, 20, 4, 256),
        "rank 3, token 17, slot 2: expert id 300, expected -1 or 0..255");
    refused(
        () -> TopK.of(new int[] {-2}, null, 1, 1, 4),
        "rank 0, token 0, slot 0: expert id -2, expected -1 or 0..3");
    refused(
        () -> TopK.of(new int[] {0, 4}, null, 2, 1, 4),
        "rank 0, token 1, slot 0: expert id 4, expected -1 or 0..3");
    refused(
        () -> TopK.of(new int[] {Integer.MIN_VALUE}, null, 1, 1, 4),
        "rank 0, token 0, slot 0: expert id -2147483648, expected -1 or 0..3");
    refused(
        () -> TopK.of(new int[] {Integer.MAX_VALUE}, null, 1, 1, 4),
        "rank 0, token 0, slot 0: expert id 2147483647, expected -1 or 0..3");
    refused(
        () -> TopK.of(5, new long[] {1, 4_294_967_296L}, null, 1, 2, 4),
        "rank 5, token 0, slot 1: expert id 4294967296, expected -1 or 0..3");
    refused(
        () -> TopK.of(5, new long[] {Long.MIN_VALUE}, null, 1, 1, 4),
        "rank 5, token 0, slot 0: expert id -9223372036854775808, expected -1 or 0..3");
    refused(
        () -> TopK.of(6, new short[] {-3}, null, 1, 1, 4),
        "rank 6, token 0, slot 0: expert id -3, expected -1 or 0..3");
    refused(
        () -> TopK.of(7, new byte[] {-1}, null, 1, 1, 32),
        "rank 7, token 0, slot 0: expert id 255, expected 0..31");
    MemorySegment memory = MemorySegment.ofArray(new byte[] {0, 0, 0, 0, 1, 0, 0, 0});
    refused(
        () -> TopK.of(8, memory, IdType.INT64, null, 1, 1, 4),
        "rank 8, token 0, slot 0: expert id 4294967296, expected -1 or 0..3");
    refused(
        () -> TopK.of(8, memory.asSlice(4, 1), IdType.UINT8, null, 1, 1, 1),
        "rank 8, token 0, slot 0: expert id 1, expected 0..0");
  }

  @Test
  void refusesAnExpertNamedTwice() {
    int[] few = {5, 1, 5, -1};
    refused(
        () -> TopK.of(3, few, null, 1, 4, 256),
        "rank 3, token 0: expert 5 named twice, in slots 0 and 2");
    // more slots than experts takes the other way of looking
    int[] many = new int[18 * 4];
    Arrays.fill(many, -1);
    many[17 * 4] = 5;
    many[17 * 4 + 2] = 5;
    many[16 * 4] = 5;
    refused(
        () -> TopK.of(3, many, null, 18, 4, 6),
        "rank 3, token 17: expert 5 named twice, in slots 0 and 2");
    many[17 * 4 + 2] = 0;
    many[17 * 4 + 3] = 0;
    refused(
        () -> TopK.of(3, many, null, 18, 4, 6),
        "rank 3, token 17: expert 0 named twice, in slots 2 and 3");
  }

  @Test
  void findsEveryPlantedRepeat() {
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      int topK = 2 + random.nextInt(31);
      int experts = topK + random.nextInt(random.nextBoolean() ? 40 : 4000);
      int tokens = 1 + random.nextInt(60);
      int[] ids = RandomRouting.of(random, tokens, topK, experts, .1, false).ids().clone();
      int token = random.nextInt(tokens);
      int first = random.nextInt(topK - 1);
      int second = first + 1 + random.nextInt(topK - 1 - first);
      int expert = random.nextInt(experts);
      for (int k = 0; k < topK; k++) {
        if (ids[token * topK + k] == expert) {
          ids[token * topK + k] = -1;
        }
      }
      ids[token * topK + first] = expert;
      ids[token * topK + second] = expert;
      refused(
          () -> TopK.of(1, ids, null, tokens, topK, experts),
          String.format(
              "rank 1, token %d: expert %d named twice, in slots %d and %d",
              token, expert, first, second));
    }
  }

  @Test
  void refusesArraysOfAnotherShape() {
    refused(
        () -> TopK.of(3, new int[12], null, 4, 4, 8),
        "rank 3: 12 ids, expected 16 (4 tokens x top-k 4)");
    refused(
        () -> TopK.of(3, new int[] {0, 1}, new float[3], 1, 2, 8),
        "rank 3: 3 weights, expected 2 (1 tokens x top-k 2)");
    refused(
        () -> TopK.of(3, new long[1], null, 1, 2, 8),
        "rank 3: 1 ids, expected 2 (1 tokens x top-k 2)");
    MemorySegment memory = MemorySegment.ofArray(new byte[12]);
    refused(
        () -> TopK.of(3, memory, IdType.INT32, null, 2, 2, 8),
        "rank 3: ids of 12 bytes, expected 16 (2 tokens x top-k 2 x 4 bytes)");
    refused(
        () -> TopK.of(3, memory.asSlice(0, 8), IdType.INT64, memory, 1, 1, 8),
        "rank 3: weights of 12 bytes, expected 4 (1 tokens x top-k 1 x 4 bytes)");
  }

  @Test
  void refusesWeightsThatAreNotFinite() {
    float[] weights = new float[20 * 2];
    int[] ids = new int[weights.length];
    Arrays.fill(ids, -1);
    weights[17 * 2 + 1] = Float.NaN;
    refused(
        () -> TopK.of(3, ids, weights, 20, 2, 4),
        "rank 3, token 17, slot 1: weight NaN, expected a finite number");
    weights[17 * 2 + 1] = Float.NEGATIVE_INFINITY;
    refused(
        () -> TopK.of(3, ids, weights, 20, 2, 4),
        "rank 3, token 17, slot 1: weight -Infinity, expected a finite number");
    weights[17 * 2 + 1] = -Float.MAX_VALUE;
    assertThat(TopK.of(3, ids, weights, 20, 2, 4).weight(17, 1)).isEqualTo(-Float.MAX_VALUE);
  }

  @Test
  void refusesSizesOutOfRange() {
    refused(
        () -> TopK.of(3, new int[9], null, 1, 9, 8),
        "rank 3: top-k 9, expected 1..8 (there are 8 experts)");
    refused(() -> TopK.of(3, new int[33], null, 1, 33, 64), "rank 3: top-k 33, expected 1..32");
    refused(() -> TopK.of(3, new int[0], null, 1, 0, 64), "rank 3: top-k 0, expected 1..32");
    refused(() -> TopK.of(3, new int[0], null, -1, 4, 64), "rank 3: -1 tokens, expected 0 or more");
    refused(() -> TopK.of(3, new int[0], null, 1, 1, 0), "rank 3: 0 experts, expected 1..65536");
    refused(
        () -> TopK.of(3, new int[0], null, 1, 1, 65_537),
        "rank 3: 65537 experts, expected 1..65536");
    refused(
        () -> TopK.of(3, new int[0], null, 200_000_000, 32, 64),
        "rank 3: 200000000 tokens, expected at most 33554432 with top-k 32");
  }

  @Test
  void aRankMayHaveNoTokens() {
    assertThat(TopK.of(new int[0], new float[0], 0, 8, 256).tokens()).isZero();
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }
}
