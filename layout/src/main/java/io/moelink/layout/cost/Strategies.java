package io.moelink.layout.cost;

import io.moelink.layout.InvalidInputException;
import java.util.List;

/**
 * How a whole training job divides, for comparing parallel strategies: how many rows an expert
 * gets, how much memory activations take and how long a layer takes, the latter two relative to the
 * first strategy of a list.
 *
 * <p>Rows of an expert = DP x MB x sequence x K / E. Memory of attention grows with MB x layers of
 * a stage x PP (micro-batches in flight), and memory of experts with rows of an expert x experts of
 * a rank x layers of a stage. Time of attention grows with MB, and time of experts with their
 * memory.
 */
public final class Strategies {
  /**
   * The shape of the model.
   *
   * @param experts routed experts of a layer, 1 or more
   * @param topK experts of a token
   * @param sequence tokens of one sample
   */
  public record Model(int experts, int topK, int sequence) {
    /** DeepSeek-V3. */
    public static final Model DEEPSEEK_V3 = new Model(256, 8, 4096);

    public Model {
      positive("experts", experts);
      positive("top-k", topK);
      positive("sequence", sequence);
      if (topK > experts) {
        throw new InvalidInputException(
            "top-k: found " + topK + ", expected 1 to the " + experts + " experts");
      }
    }
  }

  /**
   * One strategy.
   *
   * @param nodes servers
   * @param tp tensor-parallel ranks
   * @param ep expert-parallel ranks
   * @param dp data-parallel ranks whose tokens meet in one expert group
   * @param pp pipeline stages
   * @param microBatch samples of a micro-batch, MB
   * @param layersPerStage layers of a pipeline stage
   */
  public record Strategy(
      int nodes, int tp, int ep, int dp, int pp, int microBatch, int layersPerStage) {
    public Strategy {
      positive("nodes", nodes);
      positive("TP", tp);
      positive("EP", ep);
      positive("DP", dp);
      positive("PP", pp);
      positive("MB", microBatch);
      positive("layers per stage", layersPerStage);
    }
  }

  /**
   * What follows from a strategy.
   *
   * @param strategy the strategy
   * @param rowsPerExpert rows that an expert gets in one micro-batch
   * @param expertsPerRank experts a rank holds
   * @param attentionMemory attention activations, in multiples of the reference's
   * @param expertMemory activations of experts, likewise
   * @param attentionTime attention of one micro-batch, likewise
   * @param expertTime experts of one micro-batch, likewise
   */
  public record Row(
      Strategy strategy,
      double rowsPerExpert,
      int expertsPerRank,
      double attentionMemory,
      double expertMemory,
      double attentionTime,
      double expertTime) {}

  /** The strategies that the old design compared. */
  public static final List<Strategy> COMPARED =
      List.of(
          new Strategy(16, 1, 16, 8, 16, 2, 4),
          new Strategy(16, 1, 32, 16, 8, 1, 8),
          new Strategy(16, 1, 32, 16, 8, 2, 8),
          new Strategy(32, 1, 32, 16, 16, 1, 4),
          new Strategy(32, 1, 32, 16, 16, 2, 4),
          new Strategy(32, 1, 32, 16, 16, 4, 4),
          new Strategy(64, 1, 64, 32, 16, 1, 4));

  private Strategies() {}

  /**
   * What follows from each strategy, relative to the first of them.
   *
   * @param strategies one or more
   * @throws InvalidInputException where EP does not divide the experts
   */
  public static List<Row> rows(Model model, List<Strategy> strategies) {
    Strategy first = strategies.getFirst();
    return strategies.stream()
        .map(
            s -> {
              double micro = (double) s.microBatch() / first.microBatch();
              double attention =
                  (double) s.microBatch()
                      * s.layersPerStage()
                      * s.pp()
                      / ((double) first.microBatch() * first.layersPerStage() * first.pp());
              double expert = expertWork(model, s) / expertWork(model, first);
              return new Row(
                  s,
                  rowsPerExpert(model, s),
                  expertsPerRank(model, s),
                  attention,
                  expert,
                  micro,
                  expert);
            })
        .toList();
  }

  private static double rowsPerExpert(Model model, Strategy s) {
    return (double) s.dp() * s.microBatch() * model.sequence() * model.topK() / model.experts();
  }

  private static int expertsPerRank(Model model, Strategy s) {
    if (model.experts() % s.ep() != 0) {
      throw new InvalidInputException(
          "EP: found " + s.ep() + ", expected a divisor of the " + model.experts() + " experts");
    }
    return model.experts() / s.ep();
  }

  private static double expertWork(Model model, Strategy s) {
    return rowsPerExpert(model, s) * expertsPerRank(model, s) * s.layersPerStage();
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new InvalidInputException(name + ": found " + value + ", expected 1 or more");
    }
  }
}
