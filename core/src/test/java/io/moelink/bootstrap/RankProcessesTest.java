package io.moelink.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks that are processes. */
@Timeout(120)
class RankProcessesTest {
  private final List<Process> processes = new ArrayList<>();
  private final List<BufferedReader> outputs = new ArrayList<>();

  private void start(TestJob job, String... args) throws IOException {
    for (int rank = 0; rank < job.size(); rank++) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.add(RankProcess.class.getName());
      command.addAll(List.of(args));
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(job.variables(rank));
      Process process = builder.start();
      processes.add(process);
      outputs.add(process.inputReader(StandardCharsets.UTF_8));
    }
  }

  @AfterEach
  void endAll() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 16})
  void processesMeet(int size) throws Exception {
    start(TestJob.of(size));
    for (int rank = 0; rank < size; rank++) {
      assertThat(outputs.get(rank).lines()).containsExactly("met " + size);
      assertThat(processes.get(rank).waitFor()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void aProcessThatIsKilledIsNamedByTheOthers(int victim) throws Exception {
    start(TestJob.of(4), Integer.toString(victim));
    for (BufferedReader output : outputs) {
      assertThat(output.readLine()).isEqualTo("met 4");
    }
    long start = System.nanoTime();
    processes.get(victim).destroyForcibly();
    for (int rank = 0; rank < 4; rank++) {
      if (rank != victim) {
        assertThat(outputs.get(rank).readLine())
            .isEqualTo(
                "%d barrier: rank=%d waits for rank=%d, which has died or lost its connection"
                    .formatted(victim, rank, victim));
        assertThat(processes.get(rank).waitFor()).isEqualTo(1);
      }
    }
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(2));
  }
}
