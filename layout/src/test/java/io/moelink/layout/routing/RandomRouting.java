package io.moelink.layout.routing;

import java.util.Arrays;
import java.util.Random;

/** Seeded random choices for property tests, the extreme shapes included. */
public final class RandomRouting {
  private static final int[] TOP_KS = {1, 2, 3, 4, 6, 8, 16, 31, 32};
  private static final int[] EXPERTS = {1, 2, 5, 16, 32, 60, 64, 128, 256, 257, 1024, 4096};

  private RandomRouting() {}

  /** A shape and choices drawn from the seed; T = 0, all -1 and all to one expert come up. */
  public static TopK any(long seed) {
    Random random = new Random(seed);
    int experts = EXPERTS[random.nextInt(EXPERTS.length)];
    int topK = Math.min(experts, TOP_KS[random.nextInt(TOP_KS.length)]);
    int tokens = random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(300);
    double none = random.nextBoolean() ? 0 : random.nextInt(5) / 4.0;
    boolean one = random.nextInt(6) == 0;
    return of(random, tokens, topK, experts, none, one);
  }

  /**
   * Choices without repeats inside a token.
   *
   * @param none the share of slots without an expert
   * @param one whether every token names expert E/2 and nothing else
   */
  public static TopK of(
      Random random, int tokens, int topK, int experts, double none, boolean one) {
    int[] ids = new int[tokens * topK];
    float[] weights = new float[ids.length];
    boolean[] taken = new boolean[experts];
    for (int token = 0; token < tokens; token++) {
      Arrays.fill(taken, false);
      for (int k = 0; k < topK; k++) {
        int slot = token * topK + k;
        weights[slot] = random.nextFloat();
        if (one) {
          ids[slot] = k == token % topK ? experts / 2 : TopK.NONE;
        } else if (random.nextDouble() < none) {
          ids[slot] = TopK.NONE;
        } else {
          int expert = random.nextInt(experts);
          while (taken[expert]) {
            expert = (expert + 1) % experts;
          }
          taken[expert] = true;
          ids[slot] = expert;
        }
      }
    }
    return TopK.of(ids, weights, tokens, topK, experts);
  }
}
