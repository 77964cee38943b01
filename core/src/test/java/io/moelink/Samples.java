package io.moelink;

import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.verify.RowCodec;
import io.moelink.verify.SampleRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Routings and rows that the tests of a group share: all of them follow from a seed. */
final class Samples {
  static final long SEED = 20261124;

  private Samples() {}

  /** A small group of float32 rows. */
  static ExpertGroupConfig.Builder config(String preset, String algorithm) {
    return ExpertGroupConfig.builder()
        .topology(Topologies.named(preset))
        .experts(24)
        .topK(4)
        .hidden(16)
        .elementType(ElementType.FP32)
        .tokensPerRankMax(64)
        .algorithm(Algorithms.named(algorithm));
  }

  /** Random choices: some slots empty, some tokens without any, rank 1 without tokens. */
  static TopK[] routing(ExpertGroupConfig config, long seed, int tokensMax) {
    Random random = new Random(seed);
    int[] tokens = new int[config.topology().rankCount()];
    for (int rank = 0; rank < tokens.length; rank++) {
      tokens[rank] = rank == 1 ? 0 : 1 + random.nextInt(tokensMax);
    }
    return routing(config, seed, tokens, 0.15);
  }

  /** Random choices with a share of empty slots. */
  static TopK[] routing(ExpertGroupConfig config, long seed, int[] tokens, double emptyShare) {
    Random random = new Random(seed);
    int experts = config.placement().experts();
    int topK = config.topK();
    int[] deck = new int[experts];
    java.util.Arrays.setAll(deck, i -> i);
    TopK[] routing = new TopK[tokens.length];
    for (int rank = 0; rank < tokens.length; rank++) {
      int[] ids = new int[tokens[rank] * topK];
      float[] weights = new float[ids.length];
      for (int token = 0; token < tokens[rank]; token++) {
        boolean none = random.nextDouble() < emptyShare / 2;
        for (int k = 0; k < topK; k++) {
          int other = k + random.nextInt(experts - k);
          int card = deck[other];
          deck[other] = deck[k];
          deck[k] = card;
          boolean empty = none || random.nextDouble() < emptyShare;
          ids[token * topK + k] = empty ? TopK.NONE : card;
          weights[token * topK + k] = random.nextFloat();
        }
      }
      routing[rank] = TopK.of(rank, ids, weights, tokens[rank], topK, experts);
    }
    return routing;
  }

  /** Fills hidden rows of a rank's tokens. */
  static TokenBuffer input(ExpertGroup group, int tokens) {
    return input(group, tokens, SEED);
  }

  static TokenBuffer input(ExpertGroup group, int tokens, long seed) {
    TokenBuffer x = group.allocateTokens(tokens);
    ExpertGroupConfig config = group.config();
    for (int token = 0; token < tokens; token++) {
      SampleRows.fill(
          config.elementType(), x.row(token), config.hidden(), seed, group.rank(), token);
    }
    return x;
  }

  /** The row that {@link #input} gives a token. */
  static float[] row(ExpertGroupConfig config, int rank, int token) {
    return row(config, rank, token, SEED);
  }

  static float[] row(ExpertGroupConfig config, int rank, int token, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(config.payloadBytes()[0], 8);
      SampleRows.fill(config.elementType(), row, config.hidden(), seed, rank, token);
      return values(config, row);
    }
  }

  static float[] values(ExpertGroupConfig config, MemorySegment row) {
    float[] values = new float[config.hidden()];
    for (int i = 0; i < values.length; i++) {
      values[i] = RowCodec.get(config.elementType(), row, i);
    }
    return values;
  }

  /** As {@link #values}, rounded to the type of rows. */
  static float[] rounded(ExpertGroupConfig config, float[] values) {
    float[] rounded = values.clone();
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = RowCodec.round(config.elementType(), values[i]);
    }
    return rounded;
  }

  static byte[] bytes(TokenBuffer buffer) {
    return buffer.segment().toArray(ValueLayout.JAVA_BYTE);
  }

  static byte[] bytes(TokenBuffer buffer, int rows) {
    return buffer
        .segment()
        .asSlice(0, (long) rows * buffer.rowBytes())
        .toArray(ValueLayout.JAVA_BYTE);
  }
}
