package io.moelink.examples;

import io.moelink.Dispatched;
import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.TokenBuffer;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.transport.Transports;
import java.lang.foreign.ValueLayout;

/** The example of the README: eight ranks as threads of one process, two tokens each. */
public final class ReadmeExample {
  private ReadmeExample() {}

  /** Starts the ranks. */
  public static void main(String[] args) {
    for (Bootstrap rank : Bootstraps.inJvm(8)) {
      Thread.ofPlatform().start(() -> layer(rank));
    }
  }

  static void layer(Bootstrap rank) {
    ExpertGroupConfig config =
        ExpertGroupConfig.builder()
            .topology(Topologies.named("ubbv2-1node")) // 8 cards in two groups
            .experts(64)
            .topK(2)
            .hidden(1024) // BF16 elements of a row
            .build();
    int[] ids = {3, 17, 60, 5}; // token 0 chose experts 3 and 17, token 1 experts 60 and 5
    float[] weights = {0.75f, 0.25f, 0.5f, 0.5f};
    try (ExpertGroup group = ExpertGroup.open(config, rank, Transports.named("loopback"))) {
      TokenBuffer x = group.allocateTokens(2);
      x.segment().set(ValueLayout.JAVA_SHORT, 0, (short) 0x3F80); // token 0, element 0 = 1.0
      Dispatched d = group.dispatch(x, TopK.of(ids, weights, 2, 2, 64));
      // here the caller runs its experts on d.rows(), d.rowsPerExpert() rows each, in place
      group.combine(d.handle(), d.rows(), x);
      System.out.printf(
          "rank %d: %d rows came, sum %#x%n",
          group.rank(), d.handle().rowCount(), x.segment().get(ValueLayout.JAVA_SHORT, 0));
    }
  }
}
