package io.moelink.layout.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of fabrics: relay chains lead to everyone who is left, or the loss is refused. */
class SurvivorsTest {
  private static final long SEED = 45;

  @Test
  void othersKeepTheirOrderTheirLinksAndWholeChains() {
    Topology whole = Topologies.named("ubbv2-2node");
    Topology part = whole.without(8);
    assertThat(part.name()).isEqualTo("ubbv2-2node (15 of 16 ranks)");
    assertThat(part.rankCount()).isEqualTo(15);
    assertThat(part.ranksOfVnode(2)).containsExactly(8, 9, 10);
    assertThat(part.nodeOf(8)).isEqualTo(1);
    // rank 9 of before is 8 now
    assertThat(part.link(1, 8)).isEqualTo(whole.link(1, 9));
    assertThat(part.gate(1, 1)).isEqualTo(8);
    assertThat(part.mate(1, 2)).isEqualTo(8);
    // rank 0 has lost its mate between nodes: it goes in where a peer does
    int gate = part.gate(0, 1);
    assertThat(part.vnodeOf(part.gate(gate, 0))).isZero();
    assertThat(part.route(0, gate)).hasSize(2);
    // rank 13, 12 now, has lost its mate in the node
    assertThat(part.entry(12, 2)).isBetween(8, 10);
    assertThat(part.via(12, 2)).isEqualTo(12);
    assertThat(part.routeGigabytesPerSecond(0, gate)).isEqualTo(13);
  }

  @Test
  void aWholeNodeMayGo() {
    Topology part = Topologies.named("ubbv2-2node").without(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(part.nodeCount()).isOne();
    assertThat(part.vnodeCount()).isEqualTo(2);
    assertThat(part.relays()).isEqualTo(Topologies.named("ubbv2-1node").relays());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ubbv2-1node",
        "ubbv2-2node",
        "ubbv2-2node+port10",
        "ubbv2-2node-die",
        "ubbv2-3node",
        "ocs-1node-die",
        "pcie-8gpu",
        "nvlink-3x8",
        "flat-8"
      })
  void anyLossLeavesChainsOfLinksOrIsRefused(String preset) {
    Topology whole = Topologies.named(preset);
    Random random = new Random(SEED);
    int sound = 0;
    for (int round = 0; round < 60; round++) {
      int count = 1 + (round < 30 ? round % 2 : random.nextInt(whole.rankCount() - 1));
      int[] lost = random.ints(0, whole.rankCount()).distinct().limit(count).toArray();
      try {
        check(whole.without(lost));
        sound++;
      } catch (InvalidInputException e) {
        assertThat(e).hasMessageMatching("topology \\S+: what is left has no links? .*");
      }
    }
    assertThat(sound).as("losses of %s that leave a fabric", preset).isGreaterThan(20);
  }

  private static void check(Topology part) {
    for (int source = 0; source < part.rankCount(); source++) {
      for (int vnode = 0; vnode < part.vnodeCount(); vnode++) {
        int entry = part.entry(source, vnode);
        int via = part.via(source, vnode);
        if (vnode == part.vnodeOf(source)) {
          assertThat(List.of(entry, via)).containsOnly(source);
          continue;
        }
        assertThat(part.vnodeOf(entry)).isEqualTo(vnode);
        int domain = part.domainOfVnode(vnode);
        if (domain == part.domainOf(source)) {
          assertThat(via).isEqualTo(source);
        } else {
          int gate = part.gate(source, domain);
          assertThat(part.domainOf(gate)).isEqualTo(domain);
          assertThat(entry == gate ? source : gate).isEqualTo(via);
          assertThat(part.entry(source, part.vnodeOf(gate))).isEqualTo(gate);
        }
        assertThat(part.routeGigabytesPerSecond(via, entry)).isPositive();
        assertThat(part.routeGigabytesPerSecond(entry, via)).isPositive();
      }
    }
  }

  @Test
  void badLossesAreRefused() {
    Topology whole = Topologies.named("flat-3");
    assertThatThrownBy(() -> whole.without(3))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "topology flat-3 without ranks [3]: found rank 3, expected each once and 0 to 2");
    assertThatThrownBy(() -> whole.without(1, 1))
        .hasMessage(
            "topology flat-3 without ranks [1, 1]: found rank 1, expected each once and 0 to 2");
    assertThatThrownBy(() -> whole.without(0, 1, 2))
        .hasMessage(
            "topology flat-3 without ranks [0, 1, 2]: found no rank left, expected one or more");
    assertThatThrownBy(() -> Topologies.named("pcie-8gpu").without(0, 1, 2, 6))
        .hasMessageMatching("topology pcie-8gpu: what is left has no links? .*");
  }
}
