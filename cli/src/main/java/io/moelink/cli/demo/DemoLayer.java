package io.moelink.cli.demo;

import io.moelink.kernel.ElementType;
import io.moelink.layout.routing.Gate;
import io.moelink.layout.routing.GateConfig;
import io.moelink.layout.routing.TopK;
import io.moelink.verify.RowCodec;
import io.moelink.verify.SampleRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A small Mixture-of-Experts layer with fixed random weights: an embedding of words, a softmax
 * gate, and experts of two matrices with a SiLU between them. Float32; immutable; for all threads.
 */
final class DemoLayer {
  static final int HIDDEN = 256;
  private static final int INNER = 16;

  private final int experts;
  private final int topK;
  private final long seed;
  private final float[] router;
  private final float[][] up;
  private final float[][] down;

  DemoLayer(int experts, int topK, long seed) {
    this.experts = experts;
    this.topK = topK;
    this.seed = seed;
    router = uniform(HIDDEN * experts, 1, 0);
    up = new float[experts][];
    down = new float[experts][];
    for (int expert = 0; expert < experts; expert++) {
      up[expert] = uniform(HIDDEN * INNER, 2, expert);
      down[expert] = uniform(INNER * HIDDEN, 3, expert);
    }
  }

  private float[] uniform(int count, int what, int index) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate((long) count * Float.BYTES, 8);
      SampleRows.fill(ElementType.FP32, row, count, seed, what, index);
      float[] values = new float[count];
      float scale = (float) (1 / Math.sqrt(HIDDEN));
      for (int i = 0; i < count; i++) {
        values[i] = RowCodec.get(ElementType.FP32, row, i) * scale * 2;
      }
      return values;
    }
  }

  /** The row of a word: its own vector, and a part of the one before it. */
  float[] embed(String word, String before) {
    float[] row = vector(word);
    float[] context = vector(before);
    for (int i = 0; i < HIDDEN; i++) {
      row[i] = RowCodec.round(ElementType.BF16, row[i] + 0.5f * context[i]);
    }
    return row;
  }

  private float[] vector(String word) {
    float[] values = uniform(HIDDEN, 4, word.hashCode());
    for (int i = 0; i < HIDDEN; i++) {
      values[i] *= 8;
    }
    return values;
  }

  /** Routes rows {@code [tokens][HIDDEN]}. */
  TopK route(int rank, float[][] rows) {
    float[] logits = new float[rows.length * experts];
    for (int token = 0; token < rows.length; token++) {
      for (int expert = 0; expert < experts; expert++) {
        float sum = 0;
        for (int i = 0; i < HIDDEN; i++) {
          sum += rows[token][i] * router[expert * HIDDEN + i];
        }
        logits[token * experts + expert] = sum;
      }
    }
    return new Gate(GateConfig.softmax(experts, topK).withRenormalise(true))
        .route(rank, logits, rows.length);
  }

  /** What an expert makes of a row. */
  float[] expert(int expert, float[] row) {
    float[] out = new float[HIDDEN];
    for (int j = 0; j < INNER; j++) {
      float sum = 0;
      for (int i = 0; i < HIDDEN; i++) {
        sum += row[i] * up[expert][j * HIDDEN + i];
      }
      float gated = (float) (sum / (1 + StrictMath.exp(-sum)));
      for (int i = 0; i < HIDDEN; i++) {
        out[i] += gated * down[expert][j * HIDDEN + i] * 16;
      }
    }
    return out;
  }
}
