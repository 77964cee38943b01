package io.moelink;

import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.RoutingFile;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Routing that was recorded from gpt-oss-20b (32 experts, top-4), over the reference fabric. */
class RecordedRoutingTest {
  private static final int EXPERTS = 32;
  private static final int TOP_K = 4;
  private static final int LAYER = 12;

  @Test
  void everyAlgorithmCarriesARecordedLayer() throws Exception {
    TopK[] routing = routing(48);
    for (String algorithm : Algorithms.names()) {
      ExpertGroupConfig config =
          SmallConfig.of("ubbv2-2node", EXPERTS, TOP_K)
              .hidden(16)
              .algorithm(Algorithms.named(algorithm))
              .build();
      new Layer(config, routing, LAYER).run();
    }
  }

  /** Tests run in the module's folder: its parent is the repository. */
  private static TopK[] routing(int tokens) throws IOException {
    int[] counts = new int[16];
    Arrays.fill(counts, tokens);
    Path traces = Path.of("").toAbsolutePath().resolve("../../shared/traces").normalize();
    Path ids = traces.resolve("gptoss20b_topk_ids.npy");
    if (Files.exists(ids)) {
      Path weights = traces.resolve("gptoss20b_topk_weights.npy");
      return new RoutingFile(ids, weights, OptionalInt.of(LAYER)).load(EXPERTS, counts);
    }
    System.out.println("no shared/traces beside the repository: routing is generated, zipf:1.2");
    return new RoutingGenerator(RoutingSpec.zipf(1.2), LAYER, EXPERTS, TOP_K, 1).topK(counts);
  }
}
