package io.moelink.nativestubs.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.ExpertGroupConfig;
import io.moelink.kernel.ElementType;
import io.moelink.nativestubs.NativeTest;
import java.util.List;
import java.util.Map;
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
    List<String> expected = Loopback.digests(config, ROUNDS);
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

  @Test
  void memoryAndDescriptorsStayFlat() throws Exception {
    String said = Soak.run("shm", 4, 1500);
    System.out.println(said);
  }
}
