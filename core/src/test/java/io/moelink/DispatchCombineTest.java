package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import io.moelink.verify.OrderedSum;
import io.moelink.verify.RowCodec;
import io.moelink.verify.SampleRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Dispatch and combine over every preset and algorithm, against the definitions, bit for bit. */
class DispatchCombineTest {
  private static final long SEED = 20261124;
  private static final int HIDDEN = 40;

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String preset :
        List.of(
            "flat-1",
            "flat-3",
            "flat-8",
            "pcie-8gpu",
            "ubbv2-1node",
            "ubbv2-1node-die",
            "ocs-1node-die",
            "nvlink-2x8",
            "ubbv2-2node",
            "ubbv2-2node+port10",
            "ubbv2-2node-die",
            "ubbv2-3node")) {
      for (Algorithm algorithm : Algorithms.all()) {
        for (StagingPolicy staging : StagingPolicy.values()) {
          if (staging == StagingPolicy.UNION || algorithm.name().equals("hierarchical")) {
            cases.add(Arguments.of(preset, algorithm.name(), staging));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsAndSumsAreThoseOfTheDefinition(String preset, String algorithm, StagingPolicy staging)
      throws Exception {
    Topology topology = Topologies.named(preset);
    int experts = 24;
    int topK = 4;
    TopK[] routing = routing(topology.rankCount(), experts, topK, 37);
    ExpertGroupConfig config =
        ExpertGroupConfig.builder()
            .topology(topology)
            .experts(experts)
            .topK(topK)
            .hidden(HIDDEN)
            .elementType(ElementType.BF16)
            .tokensPerRankMax(64)
            .algorithm(Algorithms.named(algorithm))
            .staging(staging)
            .build();
    Ranks.run(
        config,
        group -> {
          int rank = group.rank();
          TopK own = routing[rank];
          TokenBuffer x = group.allocateTokens(own.tokens());
          fill(x, rank);
          TokenBuffer out = group.allocateTokens(own.tokens());
          for (int round = 0; round < 3; round++) {
            Dispatched d = group.dispatch(x, own);
            checkRows(config, routing, rank, d);
            group.combine(d.handle(), d.rows(), out);
            checkSums(config, own, rank, out);
            d.handle().close();
          }
          return null;
        });
  }

  static TopK[] routing(int ranks, int experts, int topK, int tokensMax) {
    Random random = new Random(SEED);
    TopK[] routing = new TopK[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      int tokens = rank == 1 ? 0 : 1 + random.nextInt(tokensMax);
      int[] ids = new int[tokens * topK];
      float[] weights = new float[tokens * topK];
      for (int token = 0; token < tokens; token++) {
        List<Integer> all = new ArrayList<>();
        for (int e = 0; e < experts; e++) {
          all.add(e);
        }
        java.util.Collections.shuffle(all, random);
        boolean none = random.nextInt(10) == 0;
        for (int k = 0; k < topK; k++) {
          boolean skip = none || random.nextInt(8) == 0;
          ids[token * topK + k] = skip ? -1 : all.get(k);
          weights[token * topK + k] = random.nextFloat();
        }
      }
      routing[rank] = TopK.of(rank, ids, weights, tokens, topK, experts);
    }
    return routing;
  }

  static void fill(TokenBuffer x, int rank) {
    for (int token = 0; token < x.rows(); token++) {
      SampleRows.fill(ElementType.BF16, x.row(token), HIDDEN, SEED, rank, token);
    }
  }

  static float[] sample(int rank, int token) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(HIDDEN * 2L, 8);
      SampleRows.fill(ElementType.BF16, row, HIDDEN, SEED, rank, token);
      float[] values = new float[HIDDEN];
      for (int i = 0; i < HIDDEN; i++) {
        values[i] = RowCodec.get(ElementType.BF16, row, i);
      }
      return values;
    }
  }

  private static void checkRows(
      ExpertGroupConfig config, TopK[] routing, int rank, Dispatched dispatched) {
    int first = config.placement().firstExpert(rank);
    int row = 0;
    for (int e = first; e < first + config.placement().expertCount(rank); e++) {
      for (int source = 0; source < routing.length; source++) {
        for (int token = 0; token < routing[source].tokens(); token++) {
          for (int k = 0; k < config.topK(); k++) {
            if (routing[source].id(token, k) == e) {
              float[] expected = sample(source, token);
              MemorySegment found = dispatched.rows().row(row);
              assertThat(Samples.values(config, found))
                  .as("rank %d row %d (rank %d token %d)", rank, row, source, token)
                  .isEqualTo(expected);
              row++;
            }
          }
        }
      }
    }
    assertThat(dispatched.handle().rowCount()).isEqualTo(row);
  }

  private static void checkSums(ExpertGroupConfig config, TopK own, int rank, TokenBuffer out) {
    OrderedSum oracle =
        new OrderedSum(
            config.topology(),
            config.placement(),
            config.algorithm().sumOrder(),
            config.partialType());
    for (int token = 0; token < own.tokens(); token++) {
      float[][] rows = new float[own.topK()][];
      java.util.Arrays.fill(rows, sample(rank, token));
      float[] expected = oracle.sum(own, rank, token, rows, HIDDEN, true);
      assertThat(Samples.values(config, out.row(token)))
          .as("rank %d token %d", rank, token)
          .isEqualTo(Samples.rounded(config, expected));
    }
  }
}
