package io.moelink.layout.routing;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;

/**
 * A router: from the logits of a token to its top-k experts and their weights.
 *
 * <ol>
 *   <li>Scores: softmax or sigmoid of the logits.
 *   <li>Choosing scores: score plus the bias of the expert. The bias steers load; it never enters a
 *       weight.
 *   <li>Groups: a group's score is the sum of its best two choosing scores (of its only one, where
 *       it has one expert); only experts of the best M groups stay.
 *   <li>Top-k of the choosing scores among those, best first.
 *   <li>Weights: the scores of the chosen, divided by their sum if the config says so (1/K each if
 *       that sum is 0), times the scale.
 * </ol>
 *
 * Equal scores go to the lower expert, and equal groups to the lower group, so the choice is the
 * same on every rank and machine. Scores are computed in double with StrictMath for that reason.
 * Immutable; may be shared between threads.
 */
public final class Gate {
  private final GateConfig config;
  private final float[] bias;

  /** A gate without bias. */
  public Gate(GateConfig config) {
    this(config, new float[config.experts()]);
  }

  /**
   * A gate with a bias for each expert.
   *
   * @param bias float32 [E], finite; copied
   */
  public Gate(GateConfig config, float[] bias) {
    if (bias.length != config.experts()) {
      throw new InvalidInputException(
          "gate: " + bias.length + " biases, expected " + config.experts() + " (one an expert)");
    }
    for (int expert = 0; expert < bias.length; expert++) {
      if (!Float.isFinite(bias[expert])) {
        throw new InvalidInputException(
            "gate: expert " + expert + ": bias " + bias[expert] + ", expected a finite number");
      }
    }
    this.config = config;
    this.bias = bias.clone();
  }

  /** The configuration. */
  public GateConfig config() {
    return config;
  }

  /**
   * Routes the tokens of one rank.
   *
   * @param rank for messages
   * @param logits float32 [tokens, E] row-major, finite
   * @throws InvalidInputException when the length is another or a logit is not finite
   */
  public TopK route(int rank, float[] logits, int tokens) {
    TopKChecks.checkSizes("gate: ", rank, tokens, config.topK(), config.experts());
    int experts = config.experts();
    if (logits.length != (long) tokens * experts) {
      throw new InvalidInputException(
          String.format(
              "gate: rank %d: %d logits, expected %d (%d tokens x %d experts)",
              rank, logits.length, (long) tokens * experts, tokens, experts));
    }
    int[] ids = new int[tokens * config.topK()];
    float[] weights = new float[ids.length];
    Scratch scratch = new Scratch(config);
    for (int token = 0; token < tokens; token++) {
      score(rank, token, logits, scratch);
      choose(scratch);
      int at = token * config.topK();
      System.arraycopy(scratch.chosen, 0, ids, at, config.topK());
      weigh(scratch, weights, at);
    }
    return TopK.wrap(rank, ids, weights, tokens, config.topK(), experts);
  }

  private static final class Scratch {
    final double[] scores;
    final double[] choosing;
    final double[] groupScores;
    final int[] bestGroups;
    final int[] chosen;

    Scratch(GateConfig config) {
      scores = new double[config.experts()];
      choosing = new double[config.experts()];
      groupScores = new double[config.groups()];
      bestGroups = new int[config.groupsPerToken()];
      chosen = new int[config.topK()];
    }
  }

  private void score(int rank, int token, float[] logits, Scratch scratch) {
    int experts = config.experts();
    int from = token * experts;
    double max = Double.NEGATIVE_INFINITY;
    for (int expert = 0; expert < experts; expert++) {
      float logit = logits[from + expert];
      if (!Float.isFinite(logit)) {
        throw new InvalidInputException(
            String.format(
                "gate: rank %d, token %d, expert %d: logit %s, expected a finite number",
                rank, token, expert, logit));
      }
      max = Math.max(max, logit);
    }
    double sum = 0;
    boolean softmax = config.scoring() == GateConfig.Scoring.SOFTMAX;
    for (int expert = 0; expert < experts; expert++) {
      double logit = logits[from + expert];
      scratch.scores[expert] =
          softmax ? StrictMath.exp(logit - max) : 1 / (1 + StrictMath.exp(-logit));
      sum += scratch.scores[expert];
    }
    for (int expert = 0; expert < experts; expert++) {
      if (softmax) {
        scratch.scores[expert] /= sum;
      }
      scratch.choosing[expert] = scratch.scores[expert] + bias[expert];
    }
  }

  private void choose(Scratch scratch) {
    if (config.groupsPerToken() < config.groups()) {
      scoreGroups(scratch);
      best(scratch.groupScores, scratch.bestGroups);
      int groupSize = config.experts() / config.groups();
      Arrays.fill(scratch.groupScores, 0);
      for (int group : scratch.bestGroups) {
        scratch.groupScores[group] = 1;
      }
      for (int expert = 0; expert < config.experts(); expert++) {
        if (scratch.groupScores[expert / groupSize] == 0) {
          scratch.choosing[expert] = Double.NEGATIVE_INFINITY;
        }
      }
    }
    best(scratch.choosing, scratch.chosen);
  }

  private void scoreGroups(Scratch scratch) {
    int groupSize = config.experts() / config.groups();
    for (int group = 0; group < config.groups(); group++) {
      double first = Double.NEGATIVE_INFINITY;
      double second = Double.NEGATIVE_INFINITY;
      for (int expert = group * groupSize; expert < (group + 1) * groupSize; expert++) {
        double score = scratch.choosing[expert];
        if (score > first) {
          second = first;
          first = score;
        } else if (score > second) {
          second = score;
        }
      }
      scratch.groupScores[group] = groupSize == 1 ? first : first + second;
    }
  }

  /** The indices of the best scores, best first; equal scores in ascending index. */
  private static void best(double[] scores, int[] winners) {
    int held = 0;
    for (int index = 0; index < scores.length; index++) {
      double score = scores[index];
      if (held == winners.length && score <= scores[winners[held - 1]]) {
        continue;
      }
      // the last one falls out when all places are held
      int place = held < winners.length ? held++ : held - 1;
      while (place > 0 && score > scores[winners[place - 1]]) {
        winners[place] = winners[place - 1];
        place--;
      }
      winners[place] = index;
    }
  }

  private void weigh(Scratch scratch, float[] weights, int at) {
    double sum = 0;
    for (int expert : scratch.chosen) {
      sum += scratch.scores[expert];
    }
    for (int k = 0; k < scratch.chosen.length; k++) {
      double weight = scratch.scores[scratch.chosen[k]];
      if (config.renormalise()) {
        weight = sum > 0 ? weight / sum : 1.0 / scratch.chosen.length;
      }
      weights[at + k] = (float) (weight * config.weightScale());
    }
  }
}
