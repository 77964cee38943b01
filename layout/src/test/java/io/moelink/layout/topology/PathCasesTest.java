package io.moelink.layout.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.StringJoiner;
import org.junit.jupiter.api.Test;

/**
 * The eight path cases between dies, on the optical-switch fabric and on the reference fabric, for
 * every pair of dies. "mate" marks a step to a mate in the other group.
 */
class PathCasesTest {
  private static final int[] MATE_CARD = {5, 4, 7, 6, 1, 0, 3, 2};

  /** Each case: what the chain outward is, and what the route of a single row is. */
  private record Paths(String chain, String route) {}

  @Test
  void opticalSwitchFabric() {
    check(
        Topologies.named("ocs-1node-die"),
        new Paths("", ""),
        new Paths("D2D", "D2D"),
        new Paths("P2P", "P2P"),
        // a row that the other dies of the group also need crosses to the own card's other die
        // first
        new Paths("D2D + P2P", "P2P + D2D"),
        new Paths("P2P mate", "P2P mate"),
        new Paths("P2P mate + D2D", "D2D + P2P mate"),
        new Paths("P2P mate + P2P", "P2P + P2P mate"),
        new Paths("P2P mate + D2D + P2P", "P2P + D2D + P2P mate"));
  }

  @Test
  void referenceFabricNeedsTwoHopsAtMost() {
    check(
        Topologies.named("ubbv2-1node-die"),
        new Paths("", ""),
        new Paths("D2D", "D2D"),
        new Paths("P2P", "P2P"),
        new Paths("P2P", "P2P"),
        new Paths("BLINK mate", "BLINK mate"),
        new Paths("BLINK mate + D2D", "D2D + BLINK mate"),
        new Paths("BLINK mate + P2P", "P2P + BLINK mate"),
        new Paths("BLINK mate + P2P", "P2P + BLINK mate"));
  }

  private static void check(Topology topology, Paths... cases) {
    for (int from = 0; from < 16; from++) {
      for (int to = 0; to < 16; to++) {
        Paths expected = cases[caseOf(from, to)];
        assertThat(words(topology, from, topology.chain(from, to)))
            .as("%s chain from=%d to=%d", topology.name(), from, to)
            .isEqualTo(expected.chain());
        assertThat(words(topology, from, topology.route(from, to)))
            .as("%s route from=%d to=%d", topology.name(), from, to)
            .isEqualTo(expected.route());
      }
    }
  }

  private static int caseOf(int from, int to) {
    int card = from / 2;
    int other = to / 2;
    boolean sameDie = from % 2 == to % 2;
    if (card == other) {
      return sameDie ? 0 : 1;
    }
    if (card / 4 == other / 4) {
      return sameDie ? 2 : 3;
    }
    if (MATE_CARD[card] == other) {
      return sameDie ? 4 : 5;
    }
    return sameDie ? 6 : 7;
  }

  private static String words(Topology topology, int from, int[] path) {
    StringJoiner words = new StringJoiner(" + ");
    int last = from;
    for (int rank : path) {
      boolean crosses = rank / 8 != last / 8;
      words.add(topology.link(last, rank).kind() + (crosses ? " mate" : ""));
      last = rank;
    }
    return words.toString();
  }
}
