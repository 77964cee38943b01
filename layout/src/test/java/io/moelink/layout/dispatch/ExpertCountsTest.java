package io.moelink.layout.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpertCountsTest {
  /** 31 to 65 experts: sums lie in arrays of 32, whose borders ranges end at, cross and touch. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 31, 32, 33, 64, 65})
  void anyRangesAreCountedAsOneByOne(int experts) {
    Random random = new Random(experts);
    ExpertCounts counts = null;
    for (int turn = 0; turn < 20; turn++) {
      GatheredRouting routing =
          RoutingCase.uniform("flat-1", 50, Math.min(4, experts), experts, turn).gathered();
      if (counts == null) {
        counts = new ExpertCounts(routing);
      } else {
        counts.recount(routing);
      }
      for (int range = 0; range < 4; range++) {
        int first = random.nextInt(experts);
        int count = random.nextInt(experts - first + 1);
        counts.count(first, count);
        for (int expert = first; expert < first + count; expert++) {
          isCounted(counts, routing, expert);
        }
      }
      counts.count(0, experts);
      for (int expert = 0; expert < experts; expert++) {
        isCounted(counts, routing, expert);
      }
    }
  }

  /** Several sources, each with a sum of its own. */
  @ParameterizedTest
  @ValueSource(strings = {"flat-3", "flat-16", "ubbv2-2node"})
  void sourcesAreSummedInOrder(String topology) {
    GatheredRouting routing = RoutingCase.uniform(topology, 40, 4, 64, 1).gathered();
    ExpertCounts counts = new ExpertCounts(routing);
    counts.count(5, 3);
    counts.count(0, 64);
    for (int expert = 0; expert < 64; expert++) {
      isCounted(counts, routing, expert);
    }
  }

  private static void isCounted(ExpertCounts counts, GatheredRouting routing, int expert) {
    int before = 0;
    for (int source = 0; source < routing.topology().rankCount(); source++) {
      assertThat(counts.before(source, expert)).as("expert %d", expert).isEqualTo(before);
      before += routing.slotCount(source, expert);
    }
    assertThat(counts.received(expert)).as("expert %d", expert).isEqualTo(before);
  }
}
