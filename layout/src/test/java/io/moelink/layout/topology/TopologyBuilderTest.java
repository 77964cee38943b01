package io.moelink.layout.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TopologyBuilderTest {
  private static final Link LINK = new Link(LinkKind.P2P, 20, 2);

  private static TopologyBuilder pair() {
    return Topology.builder("pair", 2)
        .rank(0, new RankCoordinates(0, 0, 0, 0, 0))
        .rank(1, new RankCoordinates(0, 0, 0, 1, 0));
  }

  private static void assertFault(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }

  @Test
  void smallestThatHolds() {
    Topology topology = pair().linkBothWays(0, 1, LINK).memory(3, 4).build();
    assertThat(topology.peers(0)).containsExactly(1);
    assertThat(topology.link(0, 0)).isEqualTo(new Link(LinkKind.LOCAL, 3, 0));
    assertThat(topology.memoryGigabytesPerSecond()).isEqualTo(4);
  }

  @Test
  void faultsNameTopologyRankAndField() {
    assertFault(
        () -> Topology.builder("big", 4097), "topology big: found 4097 ranks, expected 1 to 4096");
    assertFault(
        () -> Topology.builder("none", 0), "topology none: found 0 ranks, expected 1 to 4096");
    assertFault(
        () -> pair().build(),
        "topology pair: rank 0: vnode: found no link to rank 1, expected one to every rank of"
            + " VNode 0");
    assertFault(
        () -> pair().link(0, 1, LINK).build(),
        "topology pair: rank 1: vnode: found no link to rank 0, expected one to every rank of"
            + " VNode 0");
    assertFault(
        () -> pair().link(0, 1, LINK).link(0, 1, LINK),
        "topology pair: rank 0: link to 1: found a second time, expected one link a direction");
    assertFault(
        () -> pair().link(0, 2, LINK),
        "topology pair: rank 0: link to: found rank 2, expected 0 to 1");
    assertFault(
        () -> pair().link(1, 1, LINK),
        "topology pair: rank 1: link to: found the rank itself, expected another rank");
    assertFault(
        () -> pair().link(0, 1, new Link(LinkKind.LOCAL, 1, 1)),
        "topology pair: rank 0: link to 1: found kind LOCAL, expected a kind between two ranks");
    assertFault(
        () -> pair().rank(2, new RankCoordinates(0, 0, 0, 0, 0)),
        "topology pair: rank: found rank 2, expected 0 to 1");
    assertFault(
        () -> pair().rank(1, new RankCoordinates(0, 0, 0, 0, 0)),
        "topology pair: rank 1: rank: found a second time, expected every rank once");
    assertFault(
        () -> Topology.builder("gap", 2).rank(0, new RankCoordinates(0, 0, 0, 0, 0)).build(),
        "topology gap: rank 1: rank: found none, expected all of 0 to 1");
    assertFault(
        () -> pair().memory(0, 1),
        "topology pair: local copy and memory rates: found 0.0 and 1.0, expected a number above 0,"
            + " at most 1e9 each");
    assertFault(
        () -> new Link(LinkKind.P2P, Double.NaN, 1),
        "P2P link: gigabytes_per_second: found NaN, expected a number above 0, at most 1e9");
    assertFault(
        () -> new Link(LinkKind.P2P, 1, -1),
        "P2P link: microseconds: found -1.0, expected a number from 0 to 1e9");
  }

  /** Two VNodes of another domain are both mates: which one a relayed row enters by is not said. */
  @Test
  void twoMatesInAnotherDomain() {
    TopologyBuilder builder = Topology.builder("fork", 3);
    builder.rank(0, new RankCoordinates(0, 0, 0, 0, 0));
    for (int rank = 1; rank < 3; rank++) {
      builder.rank(rank, new RankCoordinates(1, 1, rank, rank, 0));
      builder.linkBothWays(0, rank, LINK).mate(0, rank).mate(rank, 0);
    }
    builder.linkBothWays(1, 2, LINK).mate(1, 2).mate(2, 1);
    assertFault(
        builder::build,
        "topology fork: rank 0: mates: found ranks 1 and 2 in domain 1, expected exactly one mate"
            + " in another domain");
  }

  @Test
  void builtOnce() {
    TopologyBuilder builder = pair().linkBothWays(0, 1, LINK);
    builder.build();
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("name=pair is built already");
    assertThatThrownBy(() -> builder.mate(0, 1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void numbersOutOfRangeAreNoLink() {
    Topology topology = pair().linkBothWays(0, 1, LINK).build();
    assertThatThrownBy(() -> topology.link(0, 2))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("from=0 to=2 of 2 ranks");
    assertThatThrownBy(() -> topology.entry(0, 1))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("source=0 of 2 ranks, vnode=1 of 1 VNodes");
  }
}
