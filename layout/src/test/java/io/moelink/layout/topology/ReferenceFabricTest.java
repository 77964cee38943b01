package io.moelink.layout.topology;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of the reference fabric, written out. */
class ReferenceFabricTest {
  private static final Topology PLAIN = Topologies.named("ubbv2-2node");
  private static final Topology PORT10 = Topologies.named("ubbv2-2node+port10");

  @ParameterizedTest
  @CsvSource({
    "0, 1 2 3, 5, 8, 12",
    "1, 0 2 3, 4, 9, 13",
    "2, 0 1 3, 7, 10, 14",
    "3, 0 1 2, 6, 11, 15",
    "4, 5 6 7, 1, 12, 8",
    "5, 4 6 7, 0, 13, 9",
    "6, 4 5 7, 3, 14, 10",
    "7, 4 5 6, 2, 15, 11",
    "8, 9 10 11, 13, 0, 4",
    "9, 8 10 11, 12, 1, 5",
    "10, 8 9 11, 15, 2, 6",
    "11, 8 9 10, 14, 3, 7",
    "12, 13 14 15, 9, 4, 0",
    "13, 12 14 15, 8, 5, 1",
    "14, 12 13 15, 11, 6, 2",
    "15, 12 13 14, 10, 7, 3",
  })
  void tableOfRanks(int rank, String peers, int mateInNode, int mateBetweenNodes, int port10) {
    int vnode = rank / 4;
    int vnodeOfMate = vnode ^ 1;
    int vnodeBetween = vnode ^ 2;
    int stranger = vnode ^ 3;
    for (Topology topology : new Topology[] {PLAIN, PORT10}) {
      assertThat(topology.nodeOf(rank)).isEqualTo(rank / 8);
      assertThat(topology.vnodeOf(rank)).isEqualTo(vnode);
      assertThat(topology.cardOf(rank)).isEqualTo(rank);
      assertThat(topology.dieOf(rank)).isZero();
      assertThat(topology.peers(rank)).containsExactly(numbers(peers));
      assertThat(topology.mate(rank, vnodeOfMate)).isEqualTo(mateInNode);
      assertThat(topology.mate(rank, vnodeBetween)).isEqualTo(mateBetweenNodes);
      assertThat(topology.link(rank, mateInNode).kind()).isEqualTo(LinkKind.BLINK);
      assertThat(topology.link(rank, mateBetweenNodes).kind()).isEqualTo(LinkKind.RDMA);
      for (int peer : numbers(peers)) {
        assertThat(topology.link(rank, peer).kind()).isEqualTo(LinkKind.P2P);
      }
    }
    assertThat(PLAIN.mate(rank, stranger)).isEqualTo(-1);
    assertThat(PLAIN.link(rank, port10)).isNull();
    assertThat(PLAIN.domainOf(rank)).isEqualTo(rank / 8);
    assertThat(PORT10.mate(rank, stranger)).isEqualTo(port10);
    assertThat(PORT10.link(rank, port10).kind()).isEqualTo(LinkKind.PORT10);
    assertThat(PORT10.domainOf(rank)).isEqualTo(vnode);
  }

  @Test
  void strangerOf12IsReachedThrough1NotThroughItsPort10Rank() {
    int mateBetweenNodes = PLAIN.mate(12, 1);
    assertThat(mateBetweenNodes).isEqualTo(4);
    assertThat(PLAIN.mate(mateBetweenNodes, 0)).isEqualTo(1);
    assertThat(PLAIN.entry(12, 0)).isEqualTo(1);
    assertThat(PLAIN.via(12, 0)).isEqualTo(4);
    assertThat(PORT10.entry(12, 0)).isEqualTo(0);
    assertThat(PORT10.via(12, 0)).isEqualTo(12);
  }

  /** The three rows of the relay table, for every rank and VNode. */
  @Test
  void relayChainsFollowTheTable() {
    for (int source = 0; source < 16; source++) {
      int own = PLAIN.vnodeOf(source);
      int inNode = PLAIN.mate(source, own ^ 1);
      int between = PLAIN.mate(source, own ^ 2);
      assertChain(PLAIN, source, own, source, source);
      assertChain(PLAIN, source, own ^ 1, inNode, source);
      assertChain(PLAIN, source, own ^ 2, between, source);
      assertChain(PLAIN, source, own ^ 3, PLAIN.mate(between, own ^ 3), between);
      assertChain(PORT10, source, own, source, source);
      for (int vnode = 0; vnode < 4; vnode++) {
        if (vnode != own) {
          assertChain(PORT10, source, vnode, PORT10.mate(source, vnode), source);
        }
      }
    }
  }

  private static void assertChain(Topology topology, int source, int vnode, int entry, int via) {
    assertThat(new int[] {topology.entry(source, vnode), topology.via(source, vnode)})
        .as("%s source=%d vnode=%d", topology.name(), source, vnode)
        .containsExactly(entry, via);
  }

  @Test
  void routeGoesToThePeerThatHoldsTheWayOut() {
    assertThat(PLAIN.route(0, 0)).isEmpty();
    assertThat(PLAIN.route(0, 3)).containsExactly(3);
    assertThat(PLAIN.route(0, 5)).containsExactly(5);
    assertThat(PLAIN.route(0, 6)).containsExactly(3, 6);
    assertThat(PLAIN.route(0, 13)).containsExactly(5, 13);
    assertThat(PLAIN.route(0, 14)).containsExactly(3, 6, 14);
  }

  @Test
  void chainGoesThroughTheEntry() {
    assertThat(PLAIN.chain(0, 0)).isEmpty();
    assertThat(PLAIN.chain(0, 3)).containsExactly(3);
    assertThat(PLAIN.chain(0, 6)).containsExactly(5, 6);
    assertThat(PLAIN.chain(0, 14)).containsExactly(8, 13, 14);
    assertThat(PORT10.chain(0, 14)).containsExactly(12, 14);
  }

  @Test
  void gateIsTheOneMateInAnotherDomain() {
    assertThat(PLAIN.gate(12, 0)).isEqualTo(4);
    assertThat(PLAIN.gate(12, 1)).isEqualTo(12);
    assertThat(PLAIN.gate(0, 1)).isEqualTo(8);
    assertThat(PORT10.gate(12, 0)).isEqualTo(0);
  }

  private static int[] numbers(String text) {
    return java.util.Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }
}
