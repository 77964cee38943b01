package io.moelink.bench.job;

import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import java.util.Arrays;

/**
 * The work of one case: who sends which tokens to which experts. Rows are BF16 and follow from the
 * number of the token ({@link JobRows}).
 *
 * @param routing of all ranks, by rank
 * @param hidden elements of a row, a multiple of {@link #HIDDEN_STEP}
 */
public record Job(TopK[] routing, int hidden) {
  /** Elements of a cache line: contestants move rows in such pieces. */
  public static final int HIDDEN_STEP = 32;

  /** Number of ranks. */
  public int ranks() {
    return routing.length;
  }

  /** Experts of the layer. */
  public int experts() {
    return routing[0].experts();
  }

  /** Slots of a token. */
  public int topK() {
    return routing[0].topK();
  }

  /** Bytes of a row. */
  public long rowBytes() {
    return 2L * hidden;
  }

  /** Tokens of all ranks. */
  public int tokens() {
    return Arrays.stream(routing).mapToInt(TopK::tokens).sum();
  }

  /** The number of a rank's first token among those of all ranks. */
  public int firstToken(int rank) {
    return Arrays.stream(routing, 0, rank).mapToInt(TopK::tokens).sum();
  }

  /** Which rank holds which experts. */
  public ExpertPlacement placement() {
    return ExpertPlacement.contiguous(experts(), ranks());
  }

  /**
   * Weights become BF16 values: all systems can carry those, and products with BF16 rows are then
   * exact in float32, so that all can come to the same bits.
   */
  public static Job of(TopK[] routing, int hidden) {
    TopK[] rounded = new TopK[routing.length];
    for (int rank = 0; rank < rounded.length; rank++) {
      TopK own = routing[rank];
      float[] weights = own.weights().clone();
      for (int i = 0; i < weights.length; i++) {
        weights[i] = Float.intBitsToFloat(Float.floatToRawIntBits(weights[i]) & 0xFFFF0000);
      }
      rounded[rank] =
          TopK.of(rank, own.ids().clone(), weights, own.tokens(), own.topK(), own.experts());
    }
    return new Job(rounded, hidden);
  }
}
