package io.moelink.layout.routing;

import io.moelink.layout.InvalidInputException;

/**
 * How a {@link Gate} turns scores into choices.
 *
 * @param experts E
 * @param topK K, at most E
 * @param scoring how logits become scores
 * @param groups equal contiguous groups the experts stand in (the nodes of DeepSeek-V3); 1 for no
 *     groups. Divides E
 * @param groupsPerToken M, the most groups one token may use, 1..groups, holding at least K experts
 * @param renormalise whether the weights of a token are divided by their sum
 * @param weightScale what every weight is multiplied by at the end (2.5 in DeepSeek-V3), finite
 */
public record GateConfig(
    int experts,
    int topK,
    Scoring scoring,
    int groups,
    int groupsPerToken,
    boolean renormalise,
    float weightScale) {

  /** How a logit becomes a score. */
  public enum Scoring {
    /** exp(x) over the sum of all experts' exp. */
    SOFTMAX,
    /** 1 / (1 + exp(-x)), each expert by itself. */
    SIGMOID
  }

  public GateConfig {
    TopKChecks.checkSizes("gate: ", TopKChecks.NO_RANK, 0, topK, experts);
    if (groups < 1 || groups > experts || experts % groups != 0) {
      throw new InvalidInputException(
          "gate: "
              + groups
              + " groups of "
              + experts
              + " experts, expected a divisor of "
              + experts);
    }
    if (groupsPerToken < 1 || groupsPerToken > groups) {
      throw new InvalidInputException(
          "gate: " + groupsPerToken + " groups a token, expected 1.." + groups);
    }
    if (groupsPerToken * (experts / groups) < topK) {
      throw new InvalidInputException(
          String.format(
              "gate: top-k %d, expected at most %d (%d groups of %d experts)",
              topK, groupsPerToken * (experts / groups), groupsPerToken, experts / groups));
    }
    if (!Float.isFinite(weightScale)) {
      throw new InvalidInputException(
          "gate: weight scale " + weightScale + ", expected a finite number");
    }
  }

  /** Softmax scores, no groups, weights renormalised. */
  public static GateConfig softmax(int experts, int topK) {
    return new GateConfig(experts, topK, Scoring.SOFTMAX, 1, 1, true, 1f);
  }

  /** Sigmoid scores, no groups, weights renormalised. */
  public static GateConfig sigmoid(int experts, int topK) {
    return new GateConfig(experts, topK, Scoring.SIGMOID, 1, 1, true, 1f);
  }

  /** The same with groups. */
  public GateConfig withGroups(int newGroups, int newGroupsPerToken) {
    return new GateConfig(
        experts, topK, scoring, newGroups, newGroupsPerToken, renormalise, weightScale);
  }

  /** The same with or without renormalised weights. */
  public GateConfig withRenormalise(boolean newRenormalise) {
    return new GateConfig(
        experts, topK, scoring, groups, groupsPerToken, newRenormalise, weightScale);
  }

  /** The same with another factor on the weights. */
  public GateConfig withWeightScale(float newWeightScale) {
    return new GateConfig(
        experts, topK, scoring, groups, groupsPerToken, renormalise, newWeightScale);
  }
}
