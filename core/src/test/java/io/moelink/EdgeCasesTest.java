package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Counts and widths at their ends: nothing at all, one, the most; payloads of odd widths. */
class EdgeCasesTest {
  static Stream<Arguments> groups() {
    List<Arguments> groups = new ArrayList<>();
    for (String preset : List.of("flat-1", "ubbv2-2node", "ubbv2-2node+port10", "pcie-8gpu")) {
      for (String algorithm : Algorithms.names()) {
        groups.add(Arguments.of(preset, algorithm));
      }
    }
    return groups.stream();
  }

  @ParameterizedTest
  @MethodSource("groups")
  void noTokensAnywhere(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config = Samples.config(preset, algorithm).build();
    exchange(config, new int[config.topology().rankCount()], 0);
  }

  @ParameterizedTest
  @MethodSource("groups")
  void tokensOnOneRankOnly(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config = Samples.config(preset, algorithm).build();
    int[] tokens = new int[config.topology().rankCount()];
    tokens[tokens.length - 1] = 17;
    exchange(config, tokens, 0.3);
  }

  @ParameterizedTest
  @MethodSource("groups")
  void noSlotsAnywhere(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config = Samples.config(preset, algorithm).build();
    int[] tokens = new int[config.topology().rankCount()];
    Arrays.fill(tokens, 3);
    exchange(config, tokens, 1);
  }

  @ParameterizedTest
  @MethodSource("groups")
  void oneSlotAndMostSlots(String preset, String algorithm) throws Exception {
    for (int topK : new int[] {1, 32}) {
      for (int hidden : new int[] {1, 7}) {
        ExpertGroupConfig config =
            Samples.config(preset, algorithm)
                .experts(40)
                .topK(topK)
                .hidden(hidden)
                .elementType(topK == 1 ? ElementType.FP16 : ElementType.BF16)
                .build();
        int[] tokens = new int[config.topology().rankCount()];
        Arrays.setAll(tokens, rank -> rank % 4);
        exchange(config, tokens, 0.1);
      }
    }
  }

  private static void exchange(ExpertGroupConfig config, int[] tokens, double emptyShare)
      throws Exception {
    TopK[] routing = Samples.routing(config, Samples.SEED, tokens, emptyShare);
    Ranks.run(
        config,
        group -> {
          TopK own = routing[group.rank()];
          Dispatched d = group.dispatch(Samples.input(group, own.tokens()), own);
          ExpectedRows expected = new ExpectedRows(config, routing, group.rank());
          assertThat(d.handle().rowCount()).isEqualTo(expected.rowCount);
          for (ExpectedRows.Entry entry : expected.entries) {
            assertThat(Samples.values(config, d.rows().row(entry.row())))
                .isEqualTo(Samples.row(config, entry.source(), entry.token()));
          }
          TokenBuffer out = group.allocateTokens(own.tokens());
          out.segment().fill((byte) 0x5A);
          group.combine(d.handle(), d.rows(), out);
          OutputOrderTest.checkSums(config, own, group.rank(), out);
          CombineGradients gradients = group.combineBackward(d.handle(), out, d.rows());
          assertThat(gradients.weights()).hasSize(own.slots());
          return null;
        });
  }

  /** A token without a slot, beside ones with: its row is zero, not what lay there. */
  @Test
  void aTokenWithoutSlotsGetsAZeroRow() throws Exception {
    for (String algorithm : Algorithms.names()) {
      for (OutputShape shape : List.of(OutputShape.CANONICAL, OutputShape.rankMajor())) {
        ExpertGroupConfig config = Samples.config("ubbv2-1node", algorithm).output(shape).build();
        Ranks.run(
            config,
            group -> {
              int[] ids = {-1, -1, -1, -1, 3, -1, 9, -1, -1, -1, -1, -1};
              TopK own = TopK.of(group.rank(), ids, null, 3, 4, 24);
              Dispatched d = group.dispatch(Samples.input(group, 3), own);
              TokenBuffer out = group.allocateTokens(3);
              out.segment().fill((byte) 0x5A);
              group.combine(d.handle(), d.rows(), out);
              assertThat(Samples.values(config, out.row(0))).containsOnly(0f);
              assertThat(Samples.values(config, out.row(1))).doesNotContain(0f);
              assertThat(Samples.values(config, out.row(2))).containsOnly(0f);
              return null;
            });
      }
    }
  }

  @ParameterizedTest
  @MethodSource("groups")
  void payloadsOfOddWidthsTravelWithTheirRow(String preset, String algorithm) throws Exception {
    int[] widths = {1, 3, 7, 4096, 1, 5, 64};
    for (OutputShape shape :
        List.of(OutputShape.CANONICAL, OutputShape.expertMajor(16), OutputShape.rankMajor())) {
      ExpertGroupConfig config =
          Samples.config(preset, algorithm)
              .elementType(ElementType.BF16)
              .hidden(7)
              .extraPayloadBytes(widths)
              .output(shape)
              .build();
      TopK[] routing = Samples.routing(config, Samples.SEED, 10);
      Ranks.run(
          config,
          group -> {
            TopK own = routing[group.rank()];
            List<TokenBuffer> inputs = new ArrayList<>();
            for (int payload = 0; payload < 8; payload++) {
              TokenBuffer input = group.allocatePayload(payload, own.tokens());
              for (int token = 0; token < own.tokens(); token++) {
                input.row(token).asByteBuffer().put(payload(config, payload, group.rank(), token));
              }
              inputs.add(input);
            }
            Dispatched d = group.dispatchAsync(inputs, own, List.of()).await();
            ExpectedRows expected = new ExpectedRows(config, routing, group.rank());
            for (ExpectedRows.Entry entry : expected.entries) {
              for (int payload = 0; payload < 8; payload++) {
                byte[] found =
                    d.payloads()
                        .get(payload)
                        .row(entry.row())
                        .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
                assertThat(found)
                    .as("payload %d of %s", payload, entry)
                    .isEqualTo(payload(config, payload, entry.source(), entry.token()));
              }
            }
            return null;
          });
    }
  }

  private static byte[] payload(ExpertGroupConfig config, int payload, int rank, int token) {
    byte[] bytes = new byte[config.payloadBytes()[payload]];
    new Random(Samples.SEED + 1_000_003L * rank + 1_009L * token + payload).nextBytes(bytes);
    return bytes;
  }
}
