package io.moelink.bench;

import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.RoutingFile;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * 4096 tokens on every rank of a fabric: "uniform" are 8 of 256 experts, "gpt-oss-20b" are layer 12
 * of the recording in shared/traces beside the repository, 4 of 32 experts.
 */
record BenchRouting(
    Topology fabric, ExpertPlacement placement, TopK[] choices, GatheredRouting gathered) {
  static final int TOKENS = 4096;

  /** The recording holds this many ranks; more begin from its start again. */
  private static final int RECORDED_RANKS = 16;

  static BenchRouting of(String routing, String topology) throws IOException {
    Topology fabric = Topologies.named(topology);
    TopK[] choices = choices(routing, fabric.rankCount());
    ExpertPlacement placement =
        ExpertPlacement.contiguous(choices[0].experts(), fabric.rankCount());
    GatheredRouting gathered =
        new GatheredRouting(
            fabric,
            placement,
            choices[0].topK(),
            Arrays.stream(choices).map(c -> RoutingIndex.of(c, placement, fabric)).toList());
    return new BenchRouting(fabric, placement, choices, gathered);
  }

  private static TopK[] choices(String routing, int ranks) throws IOException {
    if (routing.equals("uniform")) {
      return new RoutingGenerator(RoutingSpec.UNIFORM, 1, 256, 8, 1).topK(tokensOf(ranks));
    }
    Path traces = Path.of("../shared/traces");
    TopK[] recorded =
        new RoutingFile(
                traces.resolve("gptoss20b_topk_ids.npy"),
                traces.resolve("gptoss20b_topk_weights.npy"),
                OptionalInt.of(12))
            .load(32, tokensOf(Math.min(ranks, RECORDED_RANKS)));
    TopK[] choices = new TopK[ranks];
    Arrays.setAll(choices, rank -> recorded[rank % recorded.length]);
    return choices;
  }

  private static int[] tokensOf(int ranks) {
    int[] tokens = new int[ranks];
    Arrays.fill(tokens, TOKENS);
    return tokens;
  }
}
