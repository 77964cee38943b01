package io.moelink.layout.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PresetsTest {
  static Stream<String> presets() {
    return Stream.of(
        "ubbv2-1node",
        "ubbv2-1node-die",
        "ubbv2-2node",
        "ubbv2-2node+port10",
        "ubbv2-2node-die",
        "ubbv2-2node-die+port10",
        "ubbv2-3node",
        "ubbv2-3node+port10",
        "ubbv2-4node-die",
        "ubbv2-4node-die+port10",
        "ocs-1node-die",
        "pcie-8gpu",
        "nvlink-1x8",
        "nvlink-2x8",
        "nvlink-4x8",
        "flat-1",
        "flat-2",
        "flat-7",
        "flat-64");
  }

  @ParameterizedTest
  @CsvSource({
    "ubbv2-1node, 8, 1, 1, 2, 8, between_nodes",
    "ubbv2-1node-die, 16, 1, 1, 2, 8, between_nodes",
    "ubbv2-2node, 16, 2, 2, 4, 16, between_nodes",
    "ubbv2-2node+port10, 16, 2, 4, 4, 16, vnodes",
    "ubbv2-2node-die, 32, 2, 2, 4, 16, between_nodes",
    "ubbv2-2node-die+port10, 32, 2, 4, 4, 16, vnodes",
    "ubbv2-4node-die, 64, 4, 4, 8, 32, between_nodes",
    "ocs-1node-die, 16, 1, 2, 4, 8, between_groups",
    "pcie-8gpu, 8, 1, 1, 2, 8, between_nodes",
    "nvlink-2x8, 16, 2, 2, 2, 16, between_nodes",
    "flat-7, 7, 1, 1, 1, 7, between_nodes",
  })
  void sizes(
      String name, int ranks, int nodes, int domains, int vnodes, int cards, String topLevel) {
    Topology topology = Topologies.named(name);
    assertThat(topology.name()).isEqualTo(name);
    assertThat(topology.rankCount()).isEqualTo(ranks);
    assertThat(topology.nodeCount()).isEqualTo(nodes);
    assertThat(topology.domainCount()).isEqualTo(domains);
    assertThat(topology.vnodeCount()).isEqualTo(vnodes);
    assertThat(topology.cardCount()).isEqualTo(cards);
    assertThat(topology.topLevelName()).isEqualTo(topLevel);
    assertThat(topology.hasDomainLevel()).isEqualTo(vnodes > domains);
    assertThat(topology.hasTopLevel()).isEqualTo(domains > 1);
  }

  @ParameterizedTest
  @MethodSource("presets")
  void matesAreMutualAndLinked(String name) {
    Topology topology = Topologies.named(name);
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      assertThat(topology.mate(rank, topology.vnodeOf(rank))).isEqualTo(-1);
      for (int mate : topology.mates(rank)) {
        assertThat(topology.mate(mate, topology.vnodeOf(rank))).isEqualTo(rank);
        assertThat(topology.link(rank, mate)).isEqualTo(topology.link(mate, rank)).isNotNull();
      }
    }
  }

  /**
   * A row crosses into a VNode at one rank, and different sources of a VNode at different ranks.
   */
  @ParameterizedTest
  @MethodSource("presets")
  void everyStepOfEveryChainIsALink(String name) {
    Topology topology = Topologies.named(name);
    for (int source = 0; source < topology.rankCount(); source++) {
      for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
        int entry = topology.entry(source, vnode);
        int via = topology.via(source, vnode);
        assertThat(topology.vnodeOf(entry)).isEqualTo(vnode);
        assertThat(topology.link(source, via)).isNotNull();
        assertThat(topology.link(via, entry)).isNotNull();
        int domain = topology.domainOfVnode(vnode);
        int gate = topology.gate(source, domain);
        assertThat(topology.domainOf(gate)).isEqualTo(domain);
        if (domain != topology.domainOf(source)) {
          assertThat(via).isIn(source, gate);
          assertThat(topology.mate(source, topology.vnodeOf(gate))).isEqualTo(gate);
          assertThat(gate == entry || topology.mate(gate, vnode) == entry).isTrue();
        }
      }
      for (int to = 0; to < topology.rankCount(); to++) {
        assertPath(topology, source, to, topology.route(source, to));
        assertPath(topology, source, to, topology.chain(source, to));
      }
    }
    for (int from = 0; from < topology.vnodeCount(); from++) {
      for (int to = 0; to < topology.vnodeCount(); to++) {
        int target = to;
        int[] sources = topology.ranksOfVnode(from);
        assertThat(Arrays.stream(sources).map(rank -> topology.entry(rank, target)).distinct())
            .hasSize(sources.length);
      }
    }
  }

  private static void assertPath(Topology topology, int from, int to, int[] path) {
    int last = from;
    for (int rank : path) {
      assertThat(rank).isNotEqualTo(last);
      assertThat(topology.link(last, rank)).isNotNull();
      last = rank;
    }
    assertThat(last).isEqualTo(to);
  }

  @ParameterizedTest
  @MethodSource("presets")
  void groupsListTheirMembersAscending(String name) {
    Topology topology = Topologies.named(name);
    int seen = 0;
    for (int domain = 0; domain < topology.domainCount(); domain++) {
      for (int vnode : topology.vnodesOfDomain(domain)) {
        assertThat(topology.domainOfVnode(vnode)).isEqualTo(domain);
        assertThat(topology.ranksOfVnode(vnode)).isSorted();
        for (int rank : topology.ranksOfVnode(vnode)) {
          assertThat(topology.vnodeOf(rank)).isEqualTo(vnode);
          assertThat(topology.domainOf(rank)).isEqualTo(domain);
          assertThat(topology.peers(rank)).isSorted().doesNotContain(rank);
          assertThat(topology.peers(rank)).hasSize(topology.ranksOfVnode(vnode).length - 1);
          assertThat(topology.coordinates(rank).card()).isEqualTo(topology.cardOf(rank));
          seen++;
        }
      }
    }
    assertThat(seen).isEqualTo(topology.rankCount());
  }

  @Test
  void nodesOfMoreThanTwoAreReachedAtTheSameCard() {
    Topology topology = Topologies.named("ubbv2-4node-die");
    // card 3 die 1 of node 2
    int rank = 2 * (2 * 8 + 3) + 1;
    assertThat(topology.mates(rank))
        .containsExactly(2 * 3 + 1, 2 * (8 + 3) + 1, 2 * (2 * 8 + 6) + 1, 2 * (3 * 8 + 3) + 1);
  }

  @Test
  void linksCarryTheFiguresOfTheFile() {
    Topology topology = Topologies.named("ubbv2-2node-die+port10");
    assertThat(topology.linkCounts().toString())
        .isEqualTo(
            "{Link[kind=D2D, gigabytesPerSecond=100.0, microseconds=1.0]=32,"
                + " Link[kind=P2P, gigabytesPerSecond=20.0, microseconds=2.0]=192,"
                + " Link[kind=BLINK, gigabytesPerSecond=50.0, microseconds=2.0]=32,"
                + " Link[kind=PORT10, gigabytesPerSecond=25.0, microseconds=3.0]=32,"
                + " Link[kind=RDMA, gigabytesPerSecond=13.0, microseconds=5.0]=32}");
    assertThat(topology.linkKinds())
        .containsExactly(
            LinkKind.D2D, LinkKind.P2P, LinkKind.BLINK, LinkKind.PORT10, LinkKind.RDMA);
    assertThat(Topologies.named("pcie-8gpu").link(0, 5)).isEqualTo(new Link(LinkKind.PCIE, 64, 2));
    assertThat(Topologies.named("nvlink-2x8").link(0, 7))
        .isEqualTo(new Link(LinkKind.NVLINK, 450, 1));
    assertThat(Topologies.named("nvlink-2x8").link(0, 8)).isEqualTo(new Link(LinkKind.RDMA, 50, 5));
    assertThat(Topologies.named("flat-2").link(0, 1)).isEqualTo(new Link(LinkKind.SHARED, 10, 0.2));
  }

  @Test
  void ranksReachThemselvesByACopy() {
    assertThat(Topologies.named("ubbv2-2node").link(3, 3))
        .isEqualTo(new Link(LinkKind.LOCAL, 200, 0));
    assertThat(Topologies.named("ubbv2-2node-die").link(3, 3))
        .isEqualTo(new Link(LinkKind.LOCAL, 100, 0));
    assertThat(Topologies.named("ubbv2-2node-die").memoryGigabytesPerSecond()).isEqualTo(600);
  }

  @Test
  void otherFiguresKeepTheRest() {
    Topology topology = Topologies.named("ubbv2-2node");
    Topology fast = topology.withLinks(Map.of(LinkKind.RDMA, new Link(LinkKind.RDMA, 16, 4)));
    assertThat(fast.link(0, 8)).isEqualTo(new Link(LinkKind.RDMA, 16, 4));
    assertThat(fast.link(0, 1)).isEqualTo(topology.link(0, 1));
    assertThat(fast).isNotEqualTo(topology);
    assertThat(topology.withLinks(Map.of())).isEqualTo(topology).hasSameHashCodeAs(topology);
    assertThatThrownBy(
            () -> topology.withLinks(Map.of(LinkKind.RDMA, new Link(LinkKind.P2P, 16, 4))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void largePresetsBuildFast() {
    Topology topology =
        Assertions.assertTimeout(Duration.ofSeconds(5), () -> Topologies.named("ubbv2-64node-die"));
    assertThat(topology.rankCount()).isEqualTo(1024);
    assertThat(Topologies.named("ubbv2-512node+port10").rankCount()).isEqualTo(4096);
    assertThat(Topologies.named("flat-4096").peers(4095)).hasSize(4095);
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyFamilyHasAnExample(Topologies.Family family) {
    assertThat(Topologies.named(family.example()).name()).isEqualTo(family.example());
    assertThat(family.description()).doesNotContain("\n").isNotBlank();
  }

  static Stream<Topologies.Family> families() {
    return Topologies.families().stream();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ubbv2-0node | topology ubbv2-0node: found 0 nodes, expected 1 to 512",
        "ubbv2-513node | topology ubbv2-513node: found 513 nodes, expected 1 to 512",
        "ubbv2-257node-die | topology ubbv2-257node-die: found 257 nodes, expected 1 to 256",
        "ubbv2-1node+port10 | topology ubbv2-1node+port10: found 1 nodes, expected 2 to 512",
        "nvlink-0x8 | topology nvlink-0x8: found 0 servers, expected 1 to 512",
        "flat-0 | topology flat-0: found 0 ranks, expected 1 to 4096",
        "flat-5000 | topology flat-5000: found 5000 ranks, expected 1 to 4096",
      })
  void numbersOutOfRange(String name, String message) {
    assertThatThrownBy(() -> Topologies.resolve(name))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ubbv2", "ubbv2-2node+port11", "flat-9999999", "nvlink-2x4", "a\nb"})
  void unknownPreset(String name) {
    assertThatThrownBy(() -> Topologies.resolve(name))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "topology: found \""
                + name.replace("\n", "\\u000a")
                + "\", expected one of ubbv2-Nnode, ubbv2-Nnode+port10, ubbv2-Nnode-die,"
                + " ubbv2-Nnode-die+port10, ocs-1node-die, pcie-8gpu, nvlink-Nx8, flat-R, or a"
                + " path that ends in .json");
  }
}
