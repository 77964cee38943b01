package io.moelink;

import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.topology.Topologies;
import java.time.Duration;

/** Configs of tests: small, and with a deadline that fails a test soon. */
final class SmallConfig {
  private SmallConfig() {}

  /** BF16, hidden 40, hierarchical, at most 4096 tokens. */
  static ExpertGroupConfig.Builder of(String topology, int experts, int topK) {
    return ExpertGroupConfig.builder()
        .topology(Topologies.named(topology))
        .experts(experts)
        .topK(topK)
        .hidden(40)
        .elementType(ElementType.BF16)
        .algorithm(Algorithms.named("hierarchical"))
        .timeout(Duration.ofSeconds(60));
  }
}
