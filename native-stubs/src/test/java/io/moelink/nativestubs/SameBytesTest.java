package io.moelink.nativestubs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.Dispatched;
import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.TokenBuffer;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.transport.Transports;
import io.moelink.verify.SampleRows;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Dispatch and combine give the same bytes on loopback in Java, on loopback in C, and on shm. */
@NativeTest
class SameBytesTest {
  private static final long SEED = 7;

  @ParameterizedTest
  @CsvSource({
    "flat-4,direct,BF16",
    "flat-4,hierarchical,FP16",
    "ubbv2-2node,hierarchical,BF16",
    "ubbv2-2node+port10,hierarchical,FP32",
    "ubbv2-1node,allgather,BF16",
    "pcie-8gpu,relay,FP16",
    "ubbv2-1node,direct,FP32"
  })
  void everywhere(String topology, String algorithm, ElementType type) throws Exception {
    ExpertGroupConfig config =
        ExpertGroupConfig.builder()
            .topology(Topologies.named(topology))
            .experts(32)
            .topK(4)
            .hidden(200)
            .elementType(type)
            .tokensPerRankMax(40)
            .algorithm(Algorithms.named(algorithm))
            .build();
    List<byte[]> java = run(config, "loopback", "java");
    assertThat(run(config, "loopback", "c")).containsExactlyElementsOf(java);
    assertThat(run(config, "shm", "c")).containsExactlyElementsOf(java);
  }

  private static List<byte[]> run(ExpertGroupConfig config, String transport, String kernels)
      throws Exception {
    System.setProperty("moelink.kernels", kernels);
    int ranks = config.topology().rankCount();
    List<Bootstrap> bootstraps = Bootstraps.inJvm(ranks);
    ExecutorService threads = Executors.newFixedThreadPool(ranks);
    try {
      List<Future<byte[][]>> futures = new ArrayList<>();
      for (Bootstrap bootstrap : bootstraps) {
        futures.add(threads.submit(() -> rank(config, bootstrap, transport, kernels)));
      }
      List<byte[]> bytes = new ArrayList<>();
      for (Future<byte[][]> future : futures) {
        bytes.addAll(List.of(future.get(60, TimeUnit.SECONDS)));
      }
      return bytes;
    } finally {
      threads.shutdownNow();
      System.clearProperty("moelink.kernels");
    }
  }

  private static byte[][] rank(
      ExpertGroupConfig config, Bootstrap bootstrap, String transport, String kernels) {
    TopK choices =
        new RoutingGenerator(RoutingSpec.zipf(1.1), SEED, 32, 4, 1)
            .topK(bootstrap.rank(), 40 - bootstrap.rank());
    try (ExpertGroup group = ExpertGroup.open(config, bootstrap, Transports.named(transport))) {
      assertThat(group.transportName()).startsWith(transport + " (" + kernels);
      TokenBuffer x = group.allocateTokens(choices.tokens());
      for (int token = 0; token < x.rows(); token++) {
        SampleRows.fill(config.elementType(), x.row(token), 200, SEED, bootstrap.rank(), token);
      }
      TokenBuffer out = group.allocateTokens(choices.tokens());
      Dispatched d = group.dispatch(x, choices);
      group.combine(d.handle(), d.rows(), out);
      return new byte[][] {d.rows().segment().toArray(JAVA_BYTE), out.segment().toArray(JAVA_BYTE)};
    }
  }
}
