package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.kernel.ElementType;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.transport.TransportException;
import io.moelink.verify.OrderedSum;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every order of the output, row by row, its padding, and combine from each. */
class OutputOrderTest {
  private static final byte DIRT = 0x5A;

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String preset : List.of("ubbv2-1node", "ubbv2-1node-die", "ocs-1node-die", "flat-3")) {
      for (String algorithm : Algorithms.names()) {
        for (OutputShape shape :
            List.of(
                OutputShape.expertMajor(1),
                OutputShape.expertMajor(16),
                OutputShape.expertMajor(128),
                OutputShape.rankMajor(),
                OutputShape.slotted(70),
                OutputShape.paired(1),
                OutputShape.paired(16))) {
          cases.add(Arguments.of(preset, algorithm, shape));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsLieWhereTheOrderSaysAndCombineReadsThemThere(
      String preset, String algorithm, OutputShape shape) throws Exception {
    // padding that is left alone is looked for once per preset
    boolean both = algorithm.equals("hierarchical");
    for (boolean zeroPadding : both ? new boolean[] {true, false} : new boolean[] {true}) {
      ExpertGroupConfig config =
          Samples.config(preset, algorithm).output(shape).zeroPadding(zeroPadding).build();
      TopK[] routing = Samples.routing(config, Samples.SEED, 16);
      Ranks.run(
          config,
          group -> {
            TopK own = routing[group.rank()];
            TokenBuffer x = Samples.input(group, own.tokens());
            Handle handle = group.plan(own);
            ExpectedRows expected = new ExpectedRows(config, routing, group.rank());
            assertThat(handle.rowCount()).isEqualTo(expected.rowCount);
            TokenBuffer rows = group.allocateTokens(expected.rowCount);
            rows.segment().fill(DIRT);
            group.dispatch(handle, List.of(x), List.of(rows));
            checkRows(config, expected, rows, zeroPadding);
            TokenBuffer out = group.allocateTokens(own.tokens());
            group.combine(handle, rows, out);
            checkSums(config, own, group.rank(), out);
            return null;
          });
    }
  }

  private static void checkRows(
      ExpertGroupConfig config, ExpectedRows expected, TokenBuffer rows, boolean zeroPadding) {
    boolean[] used = new boolean[expected.rowCount];
    for (ExpectedRows.Entry entry : expected.entries) {
      used[entry.row()] = true;
      assertThat(Samples.values(config, rows.row(entry.row())))
          .as("%s", entry)
          .isEqualTo(Samples.row(config, entry.source(), entry.token()));
    }
    for (int row = 0; row < used.length; row++) {
      if (!used[row]) {
        assertThat(rows.row(row).toArray(ValueLayout.JAVA_BYTE))
            .as("padding row %d", row)
            .containsOnly(zeroPadding ? (byte) 0 : DIRT);
      }
    }
  }

  static void checkSums(ExpertGroupConfig config, TopK own, int rank, TokenBuffer out) {
    for (int token = 0; token < own.tokens(); token++) {
      assertThat(Samples.values(config, out.row(token)))
          .as("rank %d token %d", rank, token)
          .isEqualTo(expectedSum(config, own, rank, token));
    }
  }

  /** The sum of copies of a token's row. */
  static float[] expectedSum(ExpertGroupConfig config, TopK own, int rank, int token) {
    OrderedSum oracle =
        new OrderedSum(
            config.topology(),
            config.placement(),
            config.algorithm().sumOrder(),
            config.partialType());
    float[] x = Samples.row(config, rank, token);
    float[] sum;
    if (config.output().rowPerSlot()) {
      float[][] rows = new float[own.topK()][];
      Arrays.fill(rows, x);
      sum = oracle.sum(own, rank, token, rows, config.hidden(), true);
    } else {
      float[][] cards = new float[config.topology().rankCount()][];
      for (int k = 0; k < own.topK(); k++) {
        if (own.id(token, k) != TopK.NONE) {
          cards[config.placement().rankOf(own.id(token, k))] = x.clone();
        }
      }
      sum = oracle.sumPartials(cards, rank, config.hidden());
    }
    return Samples.rounded(config, sum);
  }

  @Test
  void anOverflowNamesExpertRankAndCapacityAndNoRankWaits() throws Exception {
    ExpertGroupConfig config =
        Samples.config("ubbv2-1node", "hierarchical")
            .output(OutputShape.slotted(3))
            .timeout(Duration.ofSeconds(20))
            .build();
    int[] tokens = {4, 0, 0, 0, 0, 0, 0, 0};
    int[] ids = new int[16];
    Arrays.fill(ids, -1);
    for (int token = 0; token < 4; token++) {
      ids[token * 4] = 13;
    }
    long start = System.nanoTime();
    List<String> messages =
        Ranks.run(
            config,
            group -> {
              int count = tokens[group.rank()];
              int[] own = count == 0 ? new int[0] : ids;
              TopK topK = TopK.of(group.rank(), own, null, count, 4, 24);
              try {
                Dispatched d = group.dispatch(Samples.input(group, count), topK);
                group.combine(d.handle(), d.rows(), group.allocateTokens(count));
                return "none";
              } catch (InvalidInputException | TransportException e) {
                return e.getMessage();
              }
            });
    String text = "rank 4, expert 13: 4 rows, expected at most the capacity of 3";
    assertThat(messages).allMatch(message -> message.endsWith(text));
    assertThat(messages.get(4)).isEqualTo(text);
    assertThat(System.nanoTime() - start).isLessThan(10_000_000_000L);
  }

  @Test
  void aSlottedBlockMayBeFull() throws Exception {
    ExpertGroupConfig config =
        Samples.config("flat-3", "direct").output(OutputShape.slotted(4)).build();
    TopK topK =
        TopK.of(0, new int[] {0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 10, 11, 12}, null, 4, 4, 24);
    Ranks.run(
        config,
        group -> {
          TopK own = group.rank() == 0 ? topK : TopK.of(new int[0], null, 0, 4, 24);
          Dispatched d = group.dispatch(Samples.input(group, own.tokens()), own);
          assertThat(d.handle().rowCount()).isEqualTo(8 * 4);
          TokenBuffer out = group.allocateTokens(own.tokens());
          group.combine(d.handle(), d.rows(), out);
          checkSums(config, own, group.rank(), out);
          return null;
        });
  }

  static Stream<Arguments> columnCases() {
    List<Arguments> cases = new ArrayList<>();
    for (String preset : List.of("ubbv2-1node", "flat-3")) {
      for (String algorithm : Algorithms.names()) {
        for (OutputShape shape :
            List.of(OutputShape.CANONICAL, OutputShape.rankMajor(), OutputShape.paired(16))) {
          cases.add(Arguments.of(preset, algorithm, shape));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("columnCases")
  void columnMajorRowsAreTheTranspose(String preset, String algorithm, OutputShape shape)
      throws Exception {
    for (ElementType type : List.of(ElementType.FP32, ElementType.BF16)) {
      ExpertGroupConfig.Builder builder =
          Samples.config(preset, algorithm).output(shape).elementType(type).hidden(7);
      ExpertGroupConfig rowMajor = builder.build();
      ExpertGroupConfig columnMajor = builder.rowOrder(RowOrder.COLUMN_MAJOR).build();
      TopK[] routing = Samples.routing(rowMajor, Samples.SEED, 12);
      Ranks.Body<byte[][]> body =
          group -> {
            boolean columns = group.config().rowOrder() == RowOrder.COLUMN_MAJOR;
            TopK own = routing[group.rank()];
            TokenBuffer x = Samples.input(group, own.tokens());
            if (columns) {
              byte[] transposed = transpose(Samples.bytes(x), own.tokens(), 7, type.bytes());
              x.copyFrom(java.nio.ByteBuffer.wrap(transposed));
            }
            Handle handle = group.plan(own);
            TokenBuffer rows = group.allocateTokens(handle.rowCount());
            rows.segment().fill(DIRT);
            group.dispatch(handle, List.of(x), List.of(rows));
            TokenBuffer out = group.allocateTokens(own.tokens());
            group.combine(handle, rows, out);
            byte[] found = Samples.bytes(rows);
            byte[] sums = Samples.bytes(out);
            return columns
                ? new byte[][] {
                  transpose(found, 7, handle.rowCount(), type.bytes()),
                  transpose(sums, 7, own.tokens(), type.bytes())
                }
                : new byte[][] {found, sums};
          };
      List<byte[][]> expected = Ranks.run(rowMajor, body);
      List<byte[][]> found = Ranks.run(columnMajor, body);
      for (int rank = 0; rank < expected.size(); rank++) {
        assertThat(found.get(rank)[0])
            .as("%s rows of %d", type, rank)
            .isEqualTo(expected.get(rank)[0]);
        assertThat(found.get(rank)[1])
            .as("%s sums of %d", type, rank)
            .isEqualTo(expected.get(rank)[1]);
      }
    }
  }

  private static byte[] transpose(byte[] from, int rows, int columns, int bytes) {
    byte[] to = new byte[from.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        System.arraycopy(from, (r * columns + c) * bytes, to, (c * rows + r) * bytes, bytes);
      }
    }
    return to;
  }

  @Test
  void questionsThatDoNotFitTheOrderAreRefused() throws Exception {
    ExpertGroupConfig rankMajor =
        Samples.config("flat-1", "direct").output(OutputShape.rankMajor()).build();
    TopK topK = Samples.routing(rankMajor, Samples.SEED, 5)[0];
    Ranks.run(
        rankMajor,
        group -> {
          Dispatched d = group.dispatch(Samples.input(group, topK.tokens()), topK);
          assertThat(d.handle().firstRowPerExpert()).isEmpty();
          assertThatThrownBy(d::weights)
              .hasMessage("weights of rows: a RANK_MAJOR row has one for each slot");
          return null;
        });
    Ranks.run(
        Samples.config("flat-1", "direct").build(),
        group -> {
          Dispatched d = group.dispatch(Samples.input(group, topK.tokens()), topK);
          assertThatThrownBy(d::localExperts)
              .hasMessage("local experts of a row: only a RANK_MAJOR row has several");
          return null;
        });
  }

  /** Experts and ranks in any order, ranks without experts, more ranks than experts. */
  @Test
  void placementsOfAnyForm() throws Exception {
    List<ExpertPlacement> placements =
        List.of(
            ExpertPlacement.ofCounts(0, 9, 0, 1, 1, 0, 0, 0),
            ExpertPlacement.ofBlocks(
                new int[] {9, 0, 0, 4, 7, 3, 0, 6}, new int[] {2, 3, 0, 2, 2, 1, 0, 1}),
            ExpertPlacement.contiguous(5, 8),
            ExpertPlacement.ofCounts(0, 0, 0, 0, 0, 0, 0, 6));
    for (ExpertPlacement placement : placements) {
      for (String algorithm : Algorithms.names()) {
        for (OutputShape shape :
            List.of(OutputShape.CANONICAL, OutputShape.rankMajor(), OutputShape.paired(4))) {
          ExpertGroupConfig config =
              Samples.config("ubbv2-1node", algorithm).placement(placement).output(shape).build();
          TopK[] routing = Samples.routing(config, Samples.SEED, 12);
          Ranks.run(
              config,
              group -> {
                TopK own = routing[group.rank()];
                Dispatched d = group.dispatch(Samples.input(group, own.tokens()), own);
                checkRows(config, new ExpectedRows(config, routing, group.rank()), d.rows(), true);
                TokenBuffer out = group.allocateTokens(own.tokens());
                group.combine(d.handle(), d.rows(), out);
                checkSums(config, own, group.rank(), out);
                return null;
              });
        }
      }
    }
  }
}
