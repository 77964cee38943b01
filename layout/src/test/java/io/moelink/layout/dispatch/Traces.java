package io.moelink.layout.dispatch;

import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.RoutingFile;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;

/** Recorded routing of gpt-oss-20b: 32 experts, top-4, 24 layers. */
public final class Traces {
  private static final int EXPERTS = 32;
  private static final int TOP_K = 4;

  private Traces() {}

  /**
   * The recorded choices of a layer, {@code tokens} a rank; where the recording is not there
   * (folder shared/traces beside this repository), generated ones, and a line that says so.
   */
  public static RoutingCase gptOss(String preset, int layer, int tokens) throws IOException {
    Topology topology = Topologies.named(preset);
    int[] counts = new int[topology.rankCount()];
    Arrays.fill(counts, tokens);
    Path traces = folder();
    TopK[] choices;
    String name;
    if (traces == null) {
      System.out.println("no shared/traces beside the repository: routing is generated, zipf:1.2");
      name = "generated instead of gpt-oss-20b";
      choices =
          new RoutingGenerator(RoutingSpec.zipf(1.2), 1, EXPERTS, TOP_K, topology.nodeCount())
              .topK(counts);
    } else {
      name = "gpt-oss-20b, layer " + layer;
      choices =
          new RoutingFile(
                  traces.resolve("gptoss20b_topk_ids.npy"),
                  traces.resolve("gptoss20b_topk_weights.npy"),
                  OptionalInt.of(layer))
              .load(EXPERTS, counts);
    }
    return new RoutingCase(
        name,
        topology,
        ExpertPlacement.contiguous(EXPERTS, topology.rankCount()),
        TOP_K,
        Arrays.asList(choices));
  }

  /** Tests run in the module's folder: its parent is the repository. */
  private static Path folder() {
    Path traces = Path.of("").toAbsolutePath().resolve("../../shared/traces").normalize();
    return Files.exists(traces.resolve("gptoss20b_topk_ids.npy")) ? traces : null;
  }
}
