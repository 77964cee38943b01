package io.moelink;

import io.moelink.layout.routing.TopK;
import java.util.Random;

/**
 * A plain Mixture-of-Experts layer in one process, in double: {@code out[t] = sum over k of w[t][k]
 * * tanh(a[e] * x[t])} by element, with its gradients written down by hand.
 */
final class SingleProcessLayer {
  final float[][] scale;
  private final TopK topK;
  private final float[][] x;

  SingleProcessLayer(float[][] scale, TopK topK, float[][] x) {
    this.scale = scale;
    this.topK = topK;
    this.x = x;
  }

  /** A factor for each element of each expert. */
  static float[][] experts(int experts, int hidden, long seed) {
    Random random = new Random(seed);
    float[][] scale = new float[experts][hidden];
    for (float[] expert : scale) {
      for (int i = 0; i < hidden; i++) {
        expert[i] = random.nextFloat() * 2 - 1;
      }
    }
    return scale;
  }

  /** What an expert makes of one element. */
  static double expert(double scale, double x) {
    return Math.tanh(scale * x);
  }

  /** Its derivative by x. */
  static double slope(double scale, double x) {
    double y = Math.tanh(scale * x);
    return scale * (1 - y * y);
  }

  double output(int token, int i, double[] weights, double value) {
    double sum = 0;
    for (int k = 0; k < topK.topK(); k++) {
      int id = topK.id(token, k);
      if (id != TopK.NONE) {
        sum += weights[k] * expert(scale[id][i], value);
      }
    }
    return sum;
  }

  double[] weights(int token) {
    double[] weights = new double[topK.topK()];
    for (int k = 0; k < weights.length; k++) {
      weights[k] = topK.weight(token, k);
    }
    return weights;
  }

  /** dx of a token for a gradient of its output. */
  double inputGradient(int token, int i, double outGradient) {
    double sum = 0;
    for (int k = 0; k < topK.topK(); k++) {
      int id = topK.id(token, k);
      if (id != TopK.NONE) {
        sum += topK.weight(token, k) * slope(scale[id][i], x[token][i]) * outGradient;
      }
    }
    return sum;
  }

  /** dw of a slot for a gradient of its token's output; 0 without an expert. */
  double weightGradient(int token, int k, float[] outGradient) {
    int id = topK.id(token, k);
    double sum = 0;
    for (int i = 0; id != TopK.NONE && i < outGradient.length; i++) {
      sum += outGradient[i] * expert(scale[id][i], x[token][i]);
    }
    return sum;
  }

  /** The loss {@code sum over i of dOut[i] * out[i]} of one token, for finite differences. */
  double loss(int token, double[] weights, double[] values, float[] outGradient) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += outGradient[i] * output(token, i, weights, values[i]);
    }
    return sum;
  }
}
