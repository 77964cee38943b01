package io.moelink;

import io.moelink.layout.routing.TopK;
import java.util.Arrays;
import java.util.Random;

/** Random routing with empty slots, tokens without any, and ranks without tokens. */
final class RandomTopK {
  private final long seed;
  private final int experts;
  private final int topK;
  private double emptySlots = 0.1;
  private double emptyTokens = 0.1;

  RandomTopK(long seed, int experts, int topK) {
    this.seed = seed;
    this.experts = experts;
    this.topK = topK;
  }

  /** Every slot has an expert. */
  RandomTopK full() {
    emptySlots = 0;
    emptyTokens = 0;
    return this;
  }

  /** Uneven: 0 to {@code tokensMax} tokens a rank, none at rank 1. */
  TopK[] uneven(int ranks, int tokensMax) {
    Random random = new Random(seed);
    int[] tokens = new int[ranks];
    Arrays.setAll(tokens, rank -> rank == 1 ? 0 : random.nextInt(tokensMax + 1));
    return of(tokens);
  }

  TopK[] of(int... tokens) {
    TopK[] routing = new TopK[tokens.length];
    for (int rank = 0; rank < tokens.length; rank++) {
      routing[rank] = rank(rank, tokens[rank]);
    }
    return routing;
  }

  /** One rank's; the same for the same seed and rank. */
  TopK rank(int rank, int tokens) {
    Random random = new Random(seed * 31 + rank);
    int[] ids = new int[tokens * topK];
    float[] weights = new float[tokens * topK];
    int[] all = new int[experts];
    Arrays.setAll(all, e -> e);
    for (int token = 0; token < tokens; token++) {
      boolean none = random.nextDouble() < emptyTokens;
      for (int k = 0; k < topK; k++) {
        // the first K of a shuffle of all experts
        int other = k + random.nextInt(experts - k);
        int chosen = all[other];
        all[other] = all[k];
        all[k] = chosen;
        boolean empty = none || random.nextDouble() < emptySlots;
        ids[token * topK + k] = empty ? TopK.NONE : chosen;
        weights[token * topK + k] = random.nextFloat() * 2 - 0.5f;
      }
    }
    return TopK.of(rank, ids, weights, tokens, topK, experts);
  }
}
