package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.Gate;
import io.moelink.layout.routing.GateConfig;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The checks that DeepEP's own tests make of an exchange, element by element. */
class DeepEpChecksTest {
  static Stream<Arguments> groups() {
    List<Arguments> groups = new ArrayList<>();
    for (String preset : List.of("nvlink-2x8", "ubbv2-2node+port10", "pcie-8gpu")) {
      for (String algorithm : Algorithms.names()) {
        groups.add(Arguments.of(preset, algorithm));
      }
    }
    return groups.stream();
  }

  @ParameterizedTest
  @MethodSource("groups")
  void rankMajor(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config =
        Samples.config(preset, algorithm).output(OutputShape.rankMajor()).build();
    exchange(config, Samples.routing(config, Samples.SEED, 40));
  }

  @ParameterizedTest
  @MethodSource("groups")
  void expertMajor(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config = Samples.config(preset, algorithm).build();
    exchange(config, Samples.routing(config, Samples.SEED + 1, 40));
  }

  /** A token uses experts of at most two of four groups, as a group-limited gate chooses them. */
  @ParameterizedTest
  @MethodSource("groups")
  void groupLimitedRouting(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config =
        Samples.config(preset, algorithm)
            .experts(32)
            .topK(6)
            .output(OutputShape.rankMajor())
            .build();
    Gate gate = new Gate(GateConfig.sigmoid(32, 6).withGroups(4, 2));
    TopK[] routing = new TopK[config.topology().rankCount()];
    Random random = new Random(Samples.SEED);
    for (int rank = 0; rank < routing.length; rank++) {
      float[] logits = new float[(20 + rank) * 32];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) random.nextGaussian();
      }
      routing[rank] = gate.route(rank, logits, 20 + rank);
    }
    exchange(config, routing);
  }

  /** Full size: as many tokens as a prefill has, one fewer on each rank. */
  @Test
  void unevenTokens() throws Exception {
    for (OutputShape shape : List.of(OutputShape.rankMajor(), OutputShape.CANONICAL)) {
      ExpertGroupConfig config =
          ExpertGroupConfig.builder()
              .topology(Topologies.named("ubbv2-1node"))
              .experts(64)
              .topK(8)
              .hidden(16)
              .elementType(ElementType.FP32)
              .output(shape)
              .build();
      int[] tokens = new int[8];
      Arrays.setAll(tokens, rank -> Math.max(1, 4096 - rank));
      exchange(config, Samples.routing(config, Samples.SEED, tokens, 0.02));
    }
  }

  @Test
  void twentyRepeatsAreBitwiseEqual() throws Exception {
    for (String algorithm : Algorithms.names()) {
      ExpertGroupConfig config =
          Samples.config("ubbv2-2node", algorithm).elementType(ElementType.BF16).build();
      TopK[] routing = Samples.routing(config, Samples.SEED, 30);
      Ranks.run(
          config,
          group -> {
            TopK own = routing[group.rank()];
            TokenBuffer x = Samples.input(group, own.tokens());
            TokenBuffer out = group.allocateTokens(own.tokens());
            byte[] rows = null;
            byte[] sums = null;
            for (int repeat = 0; repeat < 20; repeat++) {
              Dispatched d = group.dispatch(x, own);
              group.combine(d.handle(), d.rows(), out);
              rows = repeat == 0 ? Samples.bytes(d.rows()) : rows;
              sums = repeat == 0 ? Samples.bytes(out) : sums;
              assertThat(Samples.bytes(d.rows())).isEqualTo(rows);
              assertThat(Samples.bytes(out)).isEqualTo(sums);
              d.handle().close();
            }
            return null;
          });
    }
  }

  private static void exchange(ExpertGroupConfig config, TopK[] routing) throws Exception {
    List<int[]> perExpert =
        Ranks.run(
            config,
            group -> {
              TopK own = routing[group.rank()];
              TokenBuffer x = Samples.input(group, own.tokens());
              Dispatched first = group.dispatch(x, own);
              checkRows(config, routing, group.rank(), first);
              checkCombine(group, own, first);
              checkCachedHandle(group, x, first);
              checkWorstCaseOutput(group, x, first);
              return first.rowsPerExpert();
            });
    checkCounts(config, routing, perExpert);
  }

  /** Rows are those that were sent, sorted by source rank; ids and weights stand beside them. */
  private static void checkRows(
      ExpertGroupConfig config, TopK[] routing, int rank, Dispatched dispatched) {
    ExpectedRows expected = new ExpectedRows(config, routing, rank);
    assertThat(dispatched.handle().rowCount()).isEqualTo(expected.rowCount);
    int[] ranks = new int[expected.rowCount];
    int[] tokens = new int[expected.rowCount];
    int topK = config.topK();
    int[] localIds = new int[expected.rowCount * topK];
    Arrays.fill(localIds, -1);
    float[] weights = new float[localIds.length];
    float[] rowWeights = new float[expected.rowCount];
    for (ExpectedRows.Entry entry : expected.entries) {
      ranks[entry.row()] = entry.source();
      tokens[entry.row()] = entry.token();
      localIds[entry.row() * topK + entry.slot()] = entry.expert();
      float weight = routing[entry.source()].weight(entry.token(), entry.slot());
      weights[entry.row() * topK + entry.slot()] = weight;
      rowWeights[entry.row()] = weight;
    }
    assertThat(dispatched.sourceRanks()).isEqualTo(ranks);
    assertThat(dispatched.sourceTokens()).isEqualTo(tokens);
    for (int row = 0; row < expected.rowCount; row++) {
      float[] found = Samples.values(config, dispatched.rows().row(row));
      float[] sent = Samples.row(config, ranks[row], tokens[row]);
      if (!Arrays.equals(found, sent)) {
        assertThat(found).as("rank %d row %d", rank, row).isEqualTo(sent);
      }
    }
    if (config.output().rowPerSlot()) {
      assertThat(dispatched.weights()).isEqualTo(rowWeights);
    } else {
      assertThat(ranks).isSorted();
      assertThat(dispatched.localExperts()).isEqualTo(localIds);
      assertThat(dispatched.slotWeights()).isEqualTo(weights);
      int localCount = config.placement().expertCount(rank);
      assertThat(Arrays.stream(dispatched.localExperts()))
          .allMatch(id -> id >= -1 && id < localCount);
    }
  }

  /** Unmodified rows come back as often as they went out, or times the sum of their weights. */
  private static void checkCombine(ExpertGroup group, TopK own, Dispatched dispatched) {
    ExpertGroupConfig config = group.config();
    TokenBuffer out = group.allocateTokens(own.tokens());
    group.combine(dispatched.handle(), dispatched.rows(), out);
    for (int token = 0; token < own.tokens(); token++) {
      double factor = factor(config, own, token);
      float[] row = Samples.row(config, group.rank(), token);
      float[] sum = Samples.values(config, out.row(token));
      for (int i = 0; i < row.length; i++) {
        if (!(Math.abs(sum[i] - factor * row[i]) <= 1e-5)) {
          Assertions.fail(
              "rank %d token %d element %d: found %s, expected %s",
              group.rank(), token, i, sum[i], factor * row[i]);
        }
      }
    }
  }

  private static double factor(ExpertGroupConfig config, TopK own, int token) {
    double weights = 0;
    boolean[] ranks = new boolean[config.topology().rankCount()];
    int count = 0;
    for (int k = 0; k < own.topK(); k++) {
      int id = own.id(token, k);
      if (id != TopK.NONE) {
        weights += own.weight(token, k);
        int rank = config.placement().rankOf(id);
        count += ranks[rank] ? 0 : 1;
        ranks[rank] = true;
      }
    }
    return config.output().rowPerSlot() ? weights : count;
  }

  private static void checkCachedHandle(ExpertGroup group, TokenBuffer x, Dispatched first) {
    Dispatched again = group.dispatch(first.handle(), x);
    assertThat(Samples.bytes(again.rows())).isEqualTo(Samples.bytes(first.rows()));
  }

  /** Output for the case that every token of every rank chooses this one. */
  private static void checkWorstCaseOutput(ExpertGroup group, TokenBuffer x, Dispatched first) {
    int rows = first.handle().rowCount();
    try (TokenBuffer larger = group.allocateTokens(rows + 100)) {
      larger.segment().fill((byte) 0x5A);
      Dispatched again = group.dispatch(first.handle(), List.of(x), List.of(larger));
      assertThat(again.rows()).isSameAs(larger);
      assertThat(Samples.bytes(larger, rows)).isEqualTo(Samples.bytes(first.rows()));
      assertThat(
              larger
                  .segment()
                  .asSlice((long) rows * larger.rowBytes())
                  .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
          .containsOnly((byte) 0x5A);
    }
  }

  /** What each rank received for each expert is what all ranks together sent to it. */
  private static void checkCounts(ExpertGroupConfig config, TopK[] routing, List<int[]> perExpert) {
    int[] sent = new int[config.placement().experts()];
    for (TopK rank : routing) {
      for (int id : rank.ids()) {
        if (id != TopK.NONE) {
          sent[id]++;
        }
      }
    }
    for (int rank = 0; rank < routing.length; rank++) {
      int first = config.placement().firstExpert(rank);
      int count = config.placement().expertCount(rank);
      assertThat(perExpert.get(rank)).isEqualTo(Arrays.copyOfRange(sent, first, first + count));
    }
  }
}
