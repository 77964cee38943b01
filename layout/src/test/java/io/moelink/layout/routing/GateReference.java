package io.moelink.layout.routing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The slow, obvious gate: sort everything. */
final class GateReference {
  record Choice(List<Integer> experts, List<Float> weights) {}

  private GateReference() {}

  static Choice route(GateConfig config, float[] bias, float[] logits, int token) {
    int experts = config.experts();
    List<Double> scores = new ArrayList<>();
    double max = Double.NEGATIVE_INFINITY;
    for (int e = 0; e < experts; e++) {
      max = Math.max(max, logits[token * experts + e]);
    }
    double sum = 0;
    for (int e = 0; e < experts; e++) {
      double x = logits[token * experts + e];
      scores.add(
          config.scoring() == GateConfig.Scoring.SOFTMAX
              ? StrictMath.exp(x - max)
              : 1 / (1 + StrictMath.exp(-x)));
      sum += scores.get(e);
    }
    if (config.scoring() == GateConfig.Scoring.SOFTMAX) {
      double total = sum;
      scores.replaceAll(score -> score / total);
    }
    List<Double> choosing = new ArrayList<>();
    for (int e = 0; e < experts; e++) {
      choosing.add(scores.get(e) + bias[e]);
    }
    int size = experts / config.groups();
    List<Double> groupScores = new ArrayList<>();
    for (int g = 0; g < config.groups(); g++) {
      List<Double> members = new ArrayList<>(choosing.subList(g * size, (g + 1) * size));
      members.sort(Comparator.reverseOrder());
      groupScores.add(size == 1 ? members.get(0) : members.get(0) + members.get(1));
    }
    List<Integer> groups = order(groupScores).subList(0, config.groupsPerToken());
    List<Integer> chosen =
        order(choosing).stream()
            .filter(e -> groups.contains(e / size))
            .limit(config.topK())
            .toList();
    double chosenSum = 0;
    for (int e : chosen) {
      chosenSum += scores.get(e);
    }
    List<Float> weights = new ArrayList<>();
    for (int e : chosen) {
      double weight = scores.get(e);
      if (config.renormalise()) {
        weight = chosenSum > 0 ? weight / chosenSum : 1.0 / config.topK();
      }
      weights.add((float) (weight * config.weightScale()));
    }
    return new Choice(chosen, weights);
  }

  /** Indices by falling score; the sort is stable, so equal scores stay in ascending index. */
  private static List<Integer> order(List<Double> scores) {
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < scores.size(); i++) {
      indices.add(i);
    }
    indices.sort((a, b) -> Double.compare(scores.get(b), scores.get(a)));
    return indices;
  }
}
