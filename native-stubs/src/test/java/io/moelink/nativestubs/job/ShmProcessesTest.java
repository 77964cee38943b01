package io.moelink.nativestubs.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.kernel.ElementType;
import io.moelink.kernel.HostKernels;
import io.moelink.nativestubs.NativeTest;
import io.moelink.transport.Transports;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks that are processes over shared memory: the bytes of loopback, and nothing that grows. */
@NativeTest
@Timeout(180)
class ShmProcessesTest {
  private static final int ROUNDS = 3;

  @ParameterizedTest
  @CsvSource({
    "flat-2,direct,BF16,1",
    "flat-4,hierarchical,BF16,2",
    "flat-4,allgather,FP32,1",
    "flat-4,relay,FP16,1",
    "ubbv2-1node,hierarchical,BF16,1"
  })
  void bytesAreThoseOfLoopback(String topology, String algorithm, ElementType type, int units)
      throws Exception {
    ExpertGroupConfig config = GroupWork.config(topology, algorithm, type, units);
    List<String> expected = loopback(config);
    // ranks with kernels of different instruction sets get along
    try (Job job =
        Job.start(
            config.topology().rankCount(),
            rank -> rank == 1 ? Map.of("MOELINK_ISA", "baseline") : Map.of(),
            topology,
            algorithm,
            type.name(),
            "" + units,
            "" + ROUNDS,
            "shm")) {
      for (int rank = 0; rank < job.size(); rank++) {
        String ready = job.line(rank, "ready");
        assertThat(ready).startsWith(rank == 1 ? "shm (c-baseline kernels)" : "shm (c-");
        assertThat(job.line(rank, "digest")).as("rank %d", rank).isEqualTo(expected.get(rank));
        assertThat(job.process(rank).waitFor()).isZero();
      }
    }
  }

  /** What the ranks get on loopback with the kernels in Java. */
  private static List<String> loopback(ExpertGroupConfig config) throws Exception {
    System.setProperty(HostKernels.PROPERTY, "java");
    List<Bootstrap> bootstraps = Bootstraps.inJvm(config.topology().rankCount());
    ExecutorService threads = Executors.newFixedThreadPool(bootstraps.size());
    try {
      List<Future<String>> ranks = new ArrayList<>();
      for (Bootstrap bootstrap : bootstraps) {
        ranks.add(threads.submit(() -> rank(config, bootstrap)));
      }
      List<String> digests = new ArrayList<>();
      for (Future<String> rank : ranks) {
        digests.add(rank.get(60, TimeUnit.SECONDS));
      }
      return digests;
    } finally {
      threads.shutdownNow();
      System.clearProperty(HostKernels.PROPERTY);
    }
  }

  private static String rank(ExpertGroupConfig config, Bootstrap bootstrap) {
    try (ExpertGroup group = ExpertGroup.open(config, bootstrap, Transports.named("loopback"));
        GroupWork work = new GroupWork(group)) {
      for (int round = 1; round <= ROUNDS; round++) {
        work.round(round);
      }
      return work.digest();
    }
  }

  @Test
  void memoryAndDescriptorsStayFlat() throws Exception {
    String said = Soak.run("shm", 4, 1500);
    System.out.println(said);
  }
}
