package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.kernel.ElementType;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.verify.RowCodec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Forward and backward of a layer over a group, against a layer in one process. */
class BackwardTest {
  private static final long GRADIENT_SEED = 7;

  static Stream<Arguments> groups() {
    List<Arguments> groups = new ArrayList<>();
    for (String preset :
        List.of("flat-3", "ubbv2-1node-die", "ubbv2-2node", "ubbv2-2node+port10")) {
      for (String algorithm : Algorithms.names()) {
        for (OutputShape shape : List.of(OutputShape.CANONICAL, OutputShape.expertMajor(16))) {
          groups.add(Arguments.of(preset, algorithm, shape));
        }
      }
    }
    return groups.stream();
  }

  @ParameterizedTest
  @MethodSource("groups")
  void agreesWithOneProcess(String preset, String algorithm, OutputShape shape) throws Exception {
    ExpertGroupConfig config = Samples.config(preset, algorithm).output(shape).build();
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    float[][] scale =
        SingleProcessLayer.experts(config.placement().experts(), config.hidden(), Samples.SEED);
    Ranks.run(
        config,
        group -> {
          TopK own = routing[group.rank()];
          TokenBuffer x = Samples.input(group, own.tokens());
          TokenBuffer dOut = Samples.input(group, own.tokens(), GRADIENT_SEED);
          Dispatched d = group.dispatch(x, own);
          TokenBuffer y = group.allocateTokens(d.handle().rowCount());
          TokenBuffer out = group.allocateTokens(own.tokens());
          TokenBuffer dx = group.allocateTokens(own.tokens());
          int first = config.placement().firstExpert(group.rank());
          apply(d, y, scale, first, false);
          group.combine(d.handle(), y, out);
          CombineGradients dy = group.combineBackward(d.handle(), dOut, y);
          // the experts' own backward: dX = dY * slope(X), in place in the gradients' rows
          TokenBuffer slopes = group.allocateTokens(d.handle().rowCount());
          apply(d, slopes, scale, first, true);
          multiply(dy.rows(), slopes);
          group.dispatchBackward(d.handle(), dy.rows(), dx);
          check(group, own, scale, out, dx, dy.weights());
          return null;
        });
  }

  private static void apply(
      Dispatched d, TokenBuffer to, float[][] scale, int firstExpert, boolean slope) {
    int[] firstRow = d.handle().firstRowPerExpert();
    int[] counts = d.rowsPerExpert();
    for (int local = 0; local < counts.length; local++) {
      for (int row = firstRow[local]; row < firstRow[local] + counts[local]; row++) {
        MemorySegment from = d.rows().row(row);
        for (int i = 0; i < scale[0].length; i++) {
          double x = RowCodec.get(ElementType.FP32, from, i);
          double a = scale[firstExpert + local][i];
          double y = slope ? SingleProcessLayer.slope(a, x) : SingleProcessLayer.expert(a, x);
          RowCodec.set(ElementType.FP32, to.row(row), i, (float) y);
        }
      }
    }
  }

  private static void multiply(TokenBuffer rows, TokenBuffer by) {
    for (int row = 0; row < rows.rows(); row++) {
      for (int i = 0; i < rows.rowBytes() / Float.BYTES; i++) {
        float product =
            RowCodec.get(ElementType.FP32, rows.row(row), i)
                * RowCodec.get(ElementType.FP32, by.row(row), i);
        RowCodec.set(ElementType.FP32, rows.row(row), i, product);
      }
    }
  }

  private static void check(
      ExpertGroup group,
      TopK own,
      float[][] scale,
      TokenBuffer out,
      TokenBuffer dx,
      float[] dWeights) {
    ExpertGroupConfig config = group.config();
    float[][] x = new float[own.tokens()][];
    for (int token = 0; token < x.length; token++) {
      x[token] = Samples.row(config, group.rank(), token);
    }
    SingleProcessLayer layer = new SingleProcessLayer(scale, own, x);
    assertThat(dWeights).hasSize(own.slots());
    for (int token = 0; token < x.length; token++) {
      String where = "rank " + group.rank() + " token " + token;
      float[] dOut = Samples.row(config, group.rank(), token, GRADIENT_SEED);
      float[] foundOut = Samples.values(config, out.row(token));
      float[] foundDx = Samples.values(config, dx.row(token));
      double[] weights = layer.weights(token);
      double[] values = new double[config.hidden()];
      for (int i = 0; i < values.length; i++) {
        values[i] = x[token][i];
        close(where + " out " + i, foundOut[i], layer.output(token, i, weights, values[i]));
        close(where + " dx " + i, foundDx[i], layer.inputGradient(token, i, dOut[i]));
      }
      for (int k = 0; k < own.topK(); k++) {
        float found = dWeights[token * own.topK() + k];
        close(where + " dw " + k, found, layer.weightGradient(token, k, dOut));
        if (own.id(token, k) == TopK.NONE) {
          assertThat(found).as(where).isEqualTo(0f);
        }
      }
      checkDifferences(where, layer, own, token, weights, values, dOut, foundDx, dWeights);
    }
  }

  /** Central differences of the loss, in double. */
  private static void checkDifferences(
      String where,
      SingleProcessLayer layer,
      TopK own,
      int token,
      double[] weights,
      double[] values,
      float[] dOut,
      float[] dx,
      float[] dWeights) {
    double step = 1e-5;
    for (int i = 0; i < values.length; i++) {
      double value = values[i];
      values[i] = value + step;
      double above = layer.loss(token, weights, values, dOut);
      values[i] = value - step;
      double below = layer.loss(token, weights, values, dOut);
      values[i] = value;
      close(where + " difference of x " + i, dx[i], (above - below) / (2 * step));
    }
    for (int k = 0; k < weights.length; k++) {
      double weight = weights[k];
      weights[k] = weight + step;
      double above = layer.loss(token, weights, values, dOut);
      weights[k] = weight - step;
      double below = layer.loss(token, weights, values, dOut);
      weights[k] = weight;
      float found = dWeights[token * own.topK() + k];
      close(where + " difference of w " + k, found, (above - below) / (2 * step));
    }
  }

  /** 1e-4 relative to the size of the terms, which are about 1. */
  private static void close(String where, double found, double expected) {
    if (!(Math.abs(found - expected) <= 1e-4 * Math.max(0.1, Math.abs(expected)))) {
      Assertions.fail("%s: found %s, expected %s", where, found, expected);
    }
  }

  /** RANK_MAJOR rows have no weights: each gets its token's gradient as it is. */
  @Test
  void rankMajorRowsGetTheGradientOfTheirToken() throws Exception {
    ExpertGroupConfig config =
        Samples.config("ubbv2-1node", "hierarchical").output(OutputShape.rankMajor()).build();
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    Ranks.run(
        config,
        group -> {
          TopK own = routing[group.rank()];
          Dispatched d = group.dispatch(Samples.input(group, own.tokens()), own);
          TokenBuffer dOut = Samples.input(group, own.tokens(), GRADIENT_SEED);
          CombineGradients dy = group.combineBackward(d.handle(), dOut, d.rows());
          assertThat(dy.weights()).isEmpty();
          int[] ranks = d.sourceRanks();
          int[] tokens = d.sourceTokens();
          for (int row = 0; row < ranks.length; row++) {
            assertThat(Samples.values(config, dy.rows().row(row)))
                .isEqualTo(Samples.row(config, ranks[row], tokens[row], GRADIENT_SEED));
          }
          return null;
        });
  }

  @Test
  void columnMajorRowsAreRefused() throws Exception {
    ExpertGroupConfig config =
        Samples.config("flat-3", "direct").rowOrder(RowOrder.COLUMN_MAJOR).build();
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    Ranks.run(
        config,
        group -> {
          TokenBuffer x = Samples.input(group, routing[group.rank()].tokens());
          Dispatched d = group.dispatch(x, routing[group.rank()]);
          assertThatThrownBy(() -> group.combineBackward(d.handle(), x, d.rows()))
              .isInstanceOf(MoelinkException.class)
              .hasMessage("combineBackward: column-major rows have no weight gradients here");
          return null;
        });
  }
}
