package io.moelink.layout.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.InvalidInputException;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class GateTest {
  @Test
  void softmaxByHand() {
    float[] logits = {0, (float) Math.log(3), (float) Math.log(6), Float.MIN_VALUE};
    TopK topK = new Gate(GateConfig.softmax(4, 2)).route(0, logits, 1);
    assertThat(topK.ids()).containsExactly(2, 1);
    assertThat(topK.weight(0, 0)).isCloseTo(2f / 3, within(1e-6f));
    TopK plain =
        new Gate(GateConfig.softmax(4, 2).withRenormalise(false).withWeightScale(2))
            .route(0, logits, 1);
    assertThat(plain.weight(0, 0)).isCloseTo(2 * 6f / 11, within(1e-6f));
  }

  @Test
  void biasChoosesButDoesNotWeigh() {
    float[] logits = {2, 1, 0, -1};
    GateConfig config = GateConfig.sigmoid(4, 2).withRenormalise(false);
    TopK topK = new Gate(config, new float[] {0, 0, 0, 5}).route(0, logits, 1);
    assertThat(topK.ids()).containsExactly(3, 0);
    assertThat(topK.weight(0, 0)).isCloseTo((float) (1 / (1 + Math.E)), within(1e-6f));
  }

  @Test
  void aGroupCountsItsBestTwo() {
    // group 0 has the single best expert, group 1 the best pair
    float[] logits = {3, -9, -9, 2, 2, -9};
    TopK topK = new Gate(GateConfig.sigmoid(6, 2).withGroups(2, 1)).route(0, logits, 1);
    assertThat(topK.ids()).containsExactly(3, 4);
    assertThat(topK.weights()).containsExactly(.5f, .5f);
  }

  @Test
  void tiesGoToTheLowerExpertAndGroup() {
    float[] logits = new float[12];
    assertThat(new Gate(GateConfig.softmax(12, 3)).route(0, logits, 1).ids())
        .containsExactly(0, 1, 2);
    assertThat(new Gate(GateConfig.sigmoid(12, 4).withGroups(4, 2)).route(0, logits, 1).ids())
        .containsExactly(0, 1, 2, 3);
  }

  @Test
  void scoresThatVanishGiveEqualWeights() {
    float[] logits = {-1e30f, -1e30f, -1e30f};
    assertThat(new Gate(GateConfig.sigmoid(3, 2)).route(0, logits, 1).weights())
        .containsExactly(.5f, .5f);
  }

  @Test
  void equalsTheReferenceOnRandomLogits() {
    for (long seed = 1; seed <= 150; seed++) {
      Random random = new Random(seed);
      int groups = 1 << random.nextInt(5);
      int experts = groups * (1 + random.nextInt(16));
      int perToken = 1 + random.nextInt(groups);
      int topK = 1 + random.nextInt(Math.min(32, perToken * (experts / groups)));
      GateConfig config =
          new GateConfig(
              experts,
              topK,
              random.nextBoolean() ? GateConfig.Scoring.SOFTMAX : GateConfig.Scoring.SIGMOID,
              groups,
              perToken,
              random.nextBoolean(),
              random.nextBoolean() ? 1f : 2.5f);
      float[] bias = new float[experts];
      // few different values, so that ties come up
      boolean coarse = random.nextBoolean();
      float[] logits = new float[20 * experts];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = coarse ? random.nextInt(3) : (float) random.nextGaussian();
      }
      for (int e = 0; e < experts; e++) {
        bias[e] = coarse ? random.nextInt(2) : (float) random.nextGaussian() / 10;
      }
      TopK routed = new Gate(config, bias).route(0, logits, 20);
      for (int token = 0; token < 20; token++) {
        GateReference.Choice expected = GateReference.route(config, bias, logits, token);
        for (int k = 0; k < topK; k++) {
          assertThat(routed.id(token, k)).as("seed " + seed).isEqualTo(expected.experts().get(k));
          assertThat(routed.weight(token, k))
              .as("seed " + seed)
              .isEqualTo(expected.weights().get(k));
        }
      }
    }
  }

  @Test
  void refusesBadSizesAndLogits() {
    Gate gate = new Gate(GateConfig.softmax(4, 2));
    refused(
        () -> gate.route(3, new float[] {0, 0, 0, 0, 0, 0, Float.NaN, 0}, 2),
        "gate: rank 3, token 1, expert 2: logit NaN, expected a finite number");
    refused(
        () -> gate.route(3, new float[7], 2),
        "gate: rank 3: 7 logits, expected 8 (2 tokens x 4 experts)");
    refused(
        () -> new Gate(GateConfig.softmax(4, 2), new float[3]),
        "gate: 3 biases, expected 4 (one an expert)");
    refused(
        () -> new Gate(GateConfig.softmax(2, 2), new float[] {0, Float.POSITIVE_INFINITY}),
        "gate: expert 1: bias Infinity, expected a finite number");
    refused(() -> GateConfig.softmax(4, 5), "gate: top-k 5, expected 1..4 (there are 4 experts)");
    refused(
        () -> GateConfig.softmax(6, 2).withGroups(4, 1),
        "gate: 4 groups of 6 experts, expected a divisor of 6");
    refused(
        () -> GateConfig.softmax(8, 2).withGroups(4, 5), "gate: 5 groups a token, expected 1..4");
    refused(
        () -> GateConfig.softmax(8, 6).withGroups(4, 2),
        "gate: top-k 6, expected at most 4 (2 groups of 2 experts)");
    refused(
        () -> GateConfig.softmax(8, 6).withWeightScale(Float.NaN),
        "gate: weight scale NaN, expected a finite number");
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }
}
