package io.moelink.layout.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpertCountsTest {
  private static final int EXPERTS = 64;

  /** Any experts counted for any one source, and then whatever is asked, also of the others. */
  @ParameterizedTest
  @ValueSource(strings = {"flat-1", "flat-3", "flat-16", "ubbv2-2node"})
  void whatIsCountedForOneSourceIsTrueOfAll(String topology) {
    Random random = new Random(1);
    ExpertCounts counts = null;
    for (int turn = 0; turn < 20; turn++) {
      GatheredRouting routing = RoutingCase.uniform(topology, 40, 4, EXPERTS, turn).gathered();
      if (counts == null) {
        counts = new ExpertCounts(routing);
      } else {
        counts.recount(routing);
      }
      for (int range = 0; range < 4; range++) {
        int first = random.nextInt(EXPERTS);
        int count = 1 + random.nextInt(EXPERTS - first);
        counts.countFor(random.nextInt(routing.topology().rankCount()), first, count);
        isCounted(counts, routing, random.nextInt(EXPERTS));
        isCounted(counts, routing, first);
        isCounted(counts, routing, first + count - 1);
      }
      for (int expert = 0; expert < EXPERTS; expert++) {
        isCounted(counts, routing, expert);
      }
    }
  }

  @Test
  void whatIsReceivedNeedsNoSource() {
    GatheredRouting routing = RoutingCase.uniform("flat-4", 40, 4, EXPERTS, 1).gathered();
    ExpertCounts counts = new ExpertCounts(routing);
    counts.countReceived(5, 3);
    counts.countFor(2, 6, 20);
    for (int expert = 0; expert < EXPERTS; expert++) {
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
