package io.moelink.layout.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.topology.Topology;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The figures of pages 2.4 and 2.6, on uniform routing: 8 of 256 experts a token. */
class FactsTest {
  private static final int TOKENS = 4096;

  private static RoutingCase uniform(String preset) {
    return RoutingCase.uniform(preset, TOKENS, 8, 256, 42);
  }

  /** [2 x 4096] tokens: 5,422 unique rows in each of 8 blocks of 32 experts. */
  @Test
  void uniqueRowsOfABlock() {
    RoutingCase half = uniform("flat-8");
    // the tokens of two ranks, the blocks of eight
    GatheredRouting routing = half.gathered();
    double mean = 0;
    for (int block = 0; block < 8; block++) {
      int rows =
          routing.neededCount(0, Scope.rank(block)) + routing.neededCount(1, Scope.rank(block));
      assertThat(rows).isBetween(5422 - 200, 5422 + 200);
      mean += rows / 8.0;
    }
    assertThat(mean).isCloseTo(5422, within(60.0));
  }

  /** What crosses from one node to the other, and what a VNode needs. */
  @Test
  void sharesOfNodeAndVnode() {
    GatheredRouting routing = uniform("ubbv2-2node").gathered();
    double node = 0;
    double vnode = 0;
    for (int source = 0; source < 8; source++) {
      node += routing.neededCount(source, Scope.domain(1)) / (8.0 * TOKENS);
      vnode += routing.neededCount(source, Scope.vnode(3)) / (8.0 * TOKENS);
    }
    assertThat(node).isCloseTo(0.996, within(0.002));
    assertThat(vnode).isCloseTo(0.900, within(0.005));
  }

  /** Staged rows of a mate in the node, as a share of its tokens (the page draws with repeats). */
  @ParameterizedTest
  @CsvSource({"FULL, 1, 0", "PER_PEER, 1.21, 0.02", "UNION, 0.90, 0.005"})
  void stagedShares(StagingPolicy policy, double share, double tolerance) {
    RoutingCase input = uniform("ubbv2-2node");
    Topology topology = input.topology();
    GatheredRouting routing = input.gathered();
    double staged = 0;
    for (int rank = 0; rank < 16; rank++) {
      int mate = topology.mate(rank, topology.vnodeOf(rank) ^ 1);
      staged += rowsOf(PullLayout.of(routing, policy, rank), mate) / (16.0 * TOKENS);
    }
    assertThat(staged).isCloseTo(share, within(tolerance));
  }

  /** With Port-10 every mate stages like that one: three mates, nine buffers under PER_PEER. */
  @Test
  void nineBuffersOfPort10() {
    RoutingCase input = uniform("ubbv2-2node+port10");
    PullLayout layout = PullLayout.of(input.gathered(), StagingPolicy.PER_PEER, 0);
    assertThat(layout.staged().stream().mapToInt(s -> s.parts().size()).sum()).isEqualTo(9);
    for (PullLayout.Staged staged : layout.staged()) {
      assertThat(staged.rowCount() / (double) TOKENS).isCloseTo(1.21, within(0.03));
    }
  }

  /** The two groups behind a mate, each 0.90 of all tokens, overlap in 0.80 of them. */
  @Test
  void relayedGroupsShare() {
    RoutingCase input = uniform("ubbv2-2node");
    GatheredRouting routing = input.gathered();
    int both = 0;
    for (int source = 0; source < 8; source++) {
      TokenSet near = routing.needed(source, Scope.vnode(2));
      TokenSet far = routing.needed(source, Scope.vnode(3));
      both += (int) IntStream.of(near.toArray()).filter(far::contains).count();
    }
    assertThat(both / (8.0 * TOKENS))
        .isCloseTo(1 - 2 * Math.pow(.75, 8) + Math.pow(.5, 8), within(0.01));
    assertThat(1 - 2 * Math.pow(.75, 8)).isCloseTo(0.80, within(0.005));
  }

  /** 14,336 bytes a row of 7168 BF16; 4096 and 8192 of them are 56 and 112 MiB. */
  @Test
  void bytesOfRows() {
    long rowBytes = 7168 * Short.BYTES;
    assertThat(rowBytes).isEqualTo(14_336);
    assertThat(4096 * rowBytes).isEqualTo(56L << 20);
    assertThat(8192 * rowBytes).isEqualTo(112L << 20);
  }

  private static int rowsOf(PullLayout layout, int source) {
    return layout.staged().stream()
        .filter(staged -> staged.source() == source)
        .findFirst()
        .orElseThrow()
        .rowCount();
  }
}
