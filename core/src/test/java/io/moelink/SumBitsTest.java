package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.ExpertGroupConfig.Partials;
import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.verify.OrderedSum;
import io.moelink.verify.RowCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sums of every type, algorithm and kind of partial, bit for bit; and across algorithms. */
class SumBitsTest {
  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String preset :
        List.of("flat-3", "ubbv2-2node", "ubbv2-2node+port10", "ubbv2-1node-die")) {
      for (String algorithm : Algorithms.names()) {
        for (ElementType type : ElementType.values()) {
          for (Partials partials : Partials.values()) {
            cases.add(Arguments.of(preset, algorithm, type, partials));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void areThoseOfTheOrderedSum(String preset, String algorithm, ElementType type, Partials partials)
      throws Exception {
    ExpertGroupConfig config =
        Samples.config(preset, algorithm).elementType(type).partials(partials).hidden(33).build();
    TopK[] routing = Samples.routing(config, Samples.SEED, 24);
    Ranks.run(
        config,
        group -> {
          TopK own = routing[group.rank()];
          Dispatched d = group.dispatch(Samples.input(group, own.tokens()), own);
          for (int row = 0; row < d.rows().rows(); row++) {
            transform(config, d, row);
          }
          TokenBuffer out = group.allocateTokens(own.tokens());
          group.combine(d.handle(), d.rows(), out);
          check(config, own, group.rank(), out, true);
          group.dispatchBackward(d.handle(), d.rows(), out);
          check(config, own, group.rank(), out, false);
          return null;
        });
  }

  /** Rows of two experts differ, so that a row of the wrong expert shows. */
  private static void transform(ExpertGroupConfig config, Dispatched d, int row) {
    int rank = d.handle().group().rank();
    int[] starts = d.handle().firstRowPerExpert();
    int local = starts.length - 1;
    while (starts[local] > row) {
      local--;
    }
    // an empty expert starts where the next one does
    int expert = config.placement().firstExpert(rank) + local;
    float[] values = Samples.values(config, d.rows().row(row));
    float[] made = expertRow(config, values, expert);
    for (int i = 0; i < made.length; i++) {
      RowCodec.set(config.elementType(), d.rows().row(row), i, made[i]);
    }
  }

  private static float[] expertRow(ExpertGroupConfig config, float[] x, int expert) {
    float[] row = new float[x.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = RowCodec.round(config.elementType(), x[i] * (1 + expert * 0.37f) + expert);
    }
    return row;
  }

  private static void check(
      ExpertGroupConfig config, TopK own, int rank, TokenBuffer out, boolean weighted) {
    OrderedSum oracle =
        new OrderedSum(
            config.topology(),
            config.placement(),
            config.algorithm().sumOrder(),
            config.partialType());
    for (int token = 0; token < own.tokens(); token++) {
      float[] x = Samples.row(config, rank, token);
      float[][] rows = new float[own.topK()][];
      for (int k = 0; k < rows.length; k++) {
        if (own.id(token, k) != TopK.NONE) {
          rows[k] = expertRow(config, x, own.id(token, k));
        }
      }
      float[] expected = oracle.sum(own, rank, token, rows, config.hidden(), weighted);
      assertThat(bits(Samples.values(config, out.row(token))))
          .as("rank %d token %d weighted %s", rank, token, weighted)
          .isEqualTo(bits(Samples.rounded(config, expected)));
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  @Test
  void algorithmsDispatchTheSameBitsAndThoseThatSumByRankCombineThem() throws Exception {
    for (String preset : List.of("ubbv2-2node", "pcie-8gpu", "ocs-1node-die", "nvlink-2x8")) {
      List<byte[]> dispatched = null;
      List<byte[]> combined = null;
      for (String algorithm : Algorithms.names()) {
        ExpertGroupConfig config =
            Samples.config(preset, algorithm).elementType(ElementType.FP16).build();
        TopK[] routing = Samples.routing(config, Samples.SEED, 24);
        List<byte[][]> found =
            Ranks.run(
                config,
                group -> {
                  TopK own = routing[group.rank()];
                  Dispatched d = group.dispatch(Samples.input(group, own.tokens()), own);
                  TokenBuffer out = group.allocateTokens(own.tokens());
                  group.combine(d.handle(), d.rows(), out);
                  return new byte[][] {Samples.bytes(d.rows()), Samples.bytes(out)};
                });
        List<byte[]> rows = found.stream().map(bytes -> bytes[0]).toList();
        List<byte[]> sums = found.stream().map(bytes -> bytes[1]).toList();
        dispatched = dispatched == null ? rows : dispatched;
        for (int rank = 0; rank < rows.size(); rank++) {
          assertThat(rows.get(rank)).as("%s %s", preset, algorithm).isEqualTo(dispatched.get(rank));
        }
        if (!algorithm.equals("hierarchical")) {
          combined = combined == null ? sums : combined;
          for (int rank = 0; rank < sums.size(); rank++) {
            assertThat(sums.get(rank)).as("%s %s", preset, algorithm).isEqualTo(combined.get(rank));
          }
        }
      }
    }
  }
}
