package io.moelink.nativestubs.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.moelink.nativestubs.UcxTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks that are processes over UCX: the bytes of loopback. {@link Matrix} has all of it. */
@UcxTest
@Timeout(180)
class UcxProcessesTest {
  @ParameterizedTest
  @CsvSource({
    "flat-2,allgather,''",
    "flat-4,hierarchical,'tcp,self'",
    "flat-4,relay,'posix,cma,self'",
    "ubbv2-1node,direct,''"
  })
  void bytesAreThoseOfLoopback(String topology, String algorithm, String transports)
      throws Exception {
    Matrix.run(topology, algorithm, transports);
  }

  /** Ranks that MOELINK_NODE keeps apart: memory inside a node, the network between nodes. */
  @Test
  void ranksOfDifferentNodesShareNoMemory() throws Exception {
    Matrix.run("flat-4", "hierarchical", rank -> Map.of("MOELINK_NODE", "node" + rank / 2));
    try (Job job =
        Job.start(
            2,
            rank -> Map.of("MOELINK_NODE", "node" + rank, "UCX_TLS", "posix,cma,self"),
            "flat-2",
            "direct",
            "bf16",
            "1",
            "1",
            "ucx")) {
      assertThat(job.line(0, "failed")).contains("UCX finds no way to rank=1: ");
    }
  }

  /** UCX reads numbers such as 0.5 as it starts, which a comma as decimal point must not break. */
  @Test
  void aCommaAsDecimalPointChangesNothing(@TempDir Path folder) throws Exception {
    Map<String, String> german = Map.of("LOCPATH", folder.toString(), "LC_ALL", "de_DE.UTF-8");
    run("localedef", "-i", "de_DE", "-f", "UTF-8", folder.resolve("de_DE.UTF-8").toString());
    assumeTrue(",".equals(run(german, "locale", "decimal_point")), "no locale de_DE can be made");
    Matrix.run("flat-2", "direct", rank -> german);
  }

  private static void run(String... command) throws Exception {
    run(Map.of(), command);
  }

  /** What a command says; nothing where it is not here. */
  private static String run(Map<String, String> variables, String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(variables);
    try {
      Process process = builder.start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException notHere) {
      return "";
    }
  }
}
