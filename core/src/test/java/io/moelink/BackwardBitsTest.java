package io.moelink;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.verify.RowCodec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The backward calls against their definitions, bit for bit, for every type and algorithm. */
class BackwardBitsTest {
  private static final long SEED = 271;
  private static final int EXPERTS = 16;
  private static final int TOP_K = 3;

  private static ExpertGroupConfig.Builder config(String topology, String algorithm) {
    return SmallConfig.of(topology, EXPERTS, TOP_K)
        .hidden(37)
        .elementType(ElementType.FP32)
        .algorithm(Algorithms.named(algorithm));
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void everyAlgorithmGivesTheBitsOfTheDefinition(ElementType type) throws Exception {
    for (String topology : List.of("ubbv2-2node", "ocs-1node-die", "flat-3")) {
      for (String algorithm : Algorithms.names()) {
        ExpertGroupConfig config =
            config(topology, algorithm)
                .elementType(type)
                .output(OutputShape.expertMajor(8))
                .build();
        int ranks = config.topology().rankCount();
        TopK[] routing = new RandomTopK(SEED, EXPERTS, TOP_K).uneven(ranks, 6);
        Layer layer = new Layer(config, routing, SEED);
        Ranks.run(
            config,
            group -> {
              checkBits(layer, group);
              return null;
            });
      }
    }
  }

  /** The output's gradients are the layer's input rows: any rows will do. */
  private static void checkBits(Layer layer, ExpertGroup group) {
    int rank = group.rank();
    ElementType type = layer.config().elementType();
    int hidden = layer.config().hidden();
    TokenBuffer dOut = layer.input(group);
    Dispatched d = group.dispatch(dOut, layer.routing()[rank]);
    layer.fillExpertRows(rank, d.rows());
    List<byte[]> first = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      CombineGradients dy = group.combineBackward(d.handle(), dOut, d.rows());
      List<byte[]> bits = new ArrayList<>();
      bits.add(dy.rows().segment().toArray(JAVA_BYTE));
      bits.add(java.lang.foreign.MemorySegment.ofArray(dy.weights()).toArray(JAVA_BYTE));
      if (round == 0) {
        first = bits;
        checkRowGradients(layer, rank, dy.rows());
        checkWeightGradients(layer, rank, dy.weights());
      }
      for (int i = 0; i < bits.size(); i++) {
        assertThat(bits.get(i)).as(layer.at(rank, "round " + round)).isEqualTo(first.get(i));
      }
      dy.rows().close();
    }
    TokenBuffer dx = layer.output(group);
    group.dispatchBackward(d.handle(), d.rows(), dx);
    for (int token = 0; token < dx.rows(); token++) {
      assertThat(Layer.floats(type, dx.row(token), hidden))
          .as(layer.at(rank, "dx of token " + token))
          .isEqualTo(layer.combined(rank, token, false));
    }
  }

  private static void checkRowGradients(Layer layer, int rank, TokenBuffer dy) {
    ElementType type = layer.config().elementType();
    int hidden = layer.config().hidden();
    boolean[] used = new boolean[dy.rows()];
    for (Layer.Placed p : layer.placed(rank)) {
      float[] expected = layer.inputRow(p.source(), p.token());
      float weight = layer.routing()[p.source()].weight(p.token(), p.slot());
      for (int i = 0; i < hidden; i++) {
        expected[i] = RowCodec.round(type, weight * expected[i]);
      }
      assertThat(Layer.floats(type, dy.row(p.row()), hidden))
          .as(layer.at(rank, "dy of " + p))
          .isEqualTo(expected);
      used[p.row()] = true;
    }
    for (int row = 0; row < used.length; row++) {
      if (!used[row]) {
        assertThat(Layer.floats(type, dy.row(row), hidden))
            .as(layer.at(rank, "padding row " + row))
            .isEqualTo(new float[hidden]);
      }
    }
  }

  private static void checkWeightGradients(Layer layer, int rank, float[] dw) {
    TopK routing = layer.routing()[rank];
    assertThat(dw).hasSize(routing.slots());
    for (int token = 0; token < routing.tokens(); token++) {
      for (int k = 0; k < TOP_K; k++) {
        float expected = 0;
        if (routing.id(token, k) != TopK.NONE) {
          expected = dot(layer.inputRow(rank, token), layer.expertRow(-1, rank, token, k));
        }
        assertThat(dw[token * TOP_K + k])
            .as(layer.at(rank, "dw of token " + token + " slot " + k))
            .isEqualTo(expected);
      }
    }
  }

  /** The kernels' order: 16 lanes, folded by halves; every product and sum rounded to float32. */
  private static float dot(float[] a, float[] b) {
    float[] lanes = new float[16];
    for (int i = 0; i < a.length; i++) {
      float product = a[i] * b[i];
      lanes[i % 16] += product;
    }
    for (int width = 8; width > 0; width /= 2) {
      for (int lane = 0; lane < width; lane++) {
        lanes[lane] += lanes[lane + width];
      }
    }
    return lanes[0];
  }

  @Test
  void rankMajorBackwardKnowsNoWeights() throws Exception {
    for (String algorithm : Algorithms.names()) {
      ExpertGroupConfig config =
          config("ubbv2-1node", algorithm).output(OutputShape.rankMajor()).build();
      TopK[] routing = new RandomTopK(SEED, EXPERTS, TOP_K).uneven(8, 6);
      Layer layer = new Layer(config, routing, SEED);
      Ranks.run(
          config,
          group -> {
            int rank = group.rank();
            TokenBuffer dOut = layer.input(group);
            Dispatched d = group.dispatch(dOut, routing[rank]);
            CombineGradients dy = group.combineBackward(d.handle(), dOut, d.rows());
            assertThat(dy.weights()).isEmpty();
            layer.checkDispatched(rank, new Dispatched(d.handle(), List.of(dy.rows())));
            layer.fillExpertRows(rank, d.rows());
            TokenBuffer dx = layer.output(group);
            group.dispatchBackward(d.handle(), d.rows(), dx);
            layer.checkCombined(rank, dx);
            return null;
          });
    }
  }
}
