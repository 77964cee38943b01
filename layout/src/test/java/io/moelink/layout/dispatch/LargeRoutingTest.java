package io.moelink.layout.dispatch;

import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.Gate;
import io.moelink.layout.routing.GateConfig;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layouts equal brute force at the sizes of DeepEP's own tests, and on recorded routing. */
class LargeRoutingTest {
  private static final int EXPERTS = 256;
  private static final int TOP_K = 8;
  private static final int GROUPS = 8;
  private static final int GROUPS_PER_TOKEN = 4;

  /** Group-limited routing of {@code max(1, 4096 - r)} tokens on rank r. */
  @Test
  void groupLimitedRoutingOfUnevenTokens() {
    Gate gate = new Gate(GateConfig.sigmoid(EXPERTS, TOP_K).withGroups(GROUPS, GROUPS_PER_TOKEN));
    List<TopK> choices = new ArrayList<>();
    for (int rank = 0; rank < 16; rank++) {
      Random random = new Random(rank);
      int tokens = Math.max(1, 4096 - rank);
      float[] logits = new float[tokens * EXPERTS];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) random.nextGaussian();
      }
      choices.add(gate.route(rank, logits, tokens));
    }
    RoutingCase input =
        new RoutingCase(
            "group-limited",
            Topologies.named("nvlink-2x8"),
            ExpertPlacement.contiguous(EXPERTS, 16),
            TOP_K,
            choices);
    DispatchLayoutsTest.checkCounts(input, 0, 15);
    DispatchLayoutsTest.checkPermutation(input, 0, 3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ubbv2-2node", "ubbv2-2node+port10", "ubbv2-4node-die", "flat-16"})
  void recordedRouting(String preset) throws IOException {
    RoutingCase input = Traces.gptOss(preset, 12, 256);
    DispatchLayoutsTest.checkCounts(input, 0, 7);
    DispatchLayoutsTest.checkPermutation(input, 12, 2, 13);
  }
}
