package io.moelink.nativestubs.pmix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Ranks that {@code mpirun} starts and that find each other through PMIx. Without Open MPI they are
 * skipped, unless {@code MOELINK_LAUNCHERS=required}.
 */
@Tag("native")
@Timeout(90)
class PmixJobTest {
  private static final int RANKS = 3;
  private static final int ODD_ONE = 1;

  @BeforeAll
  static void hasMpirun() {
    boolean there =
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "mpirun")));
    assumeTrue(
        there || "required".equals(System.getenv("MOELINK_LAUNCHERS")),
        "no mpirun here: apt-get install -y openmpi-bin libpmix2");
  }

  /** What every rank said, by rank. */
  private static TreeMap<Integer, String> run(String what) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "mpirun",
                "--allow-run-as-root",
                "--oversubscribe",
                "--enable-recovery",
                "--mca",
                "oob_tcp_if_include",
                "lo",
                "-n",
                "" + RANKS));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            PmixProcess.class.getName(),
            what));
    Process job = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output = new String(job.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(job.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(output).doesNotContain("a thread is left").doesNotContain("\tat ");
      return said(output);
    } catch (IOException e) {
      throw new AssertionError(what, e);
    } finally {
      job.descendants().forEach(ProcessHandle::destroyForcibly);
      job.destroyForcibly().waitFor();
    }
  }

  private static TreeMap<Integer, String> said(String output) {
    TreeMap<Integer, String> said = new TreeMap<>();
    for (String line : output.split("\n")) {
      String[] words = line.split(" ", 6);
      if (words[0].equals("rank") && words.length == 6) {
        // those who are told at once wait for nothing, those who time out for a second or so
        assertThat(Integer.parseInt(words[3])).as(output).isLessThan(6);
        said.put(Integer.parseInt(words[1]), words[5]);
      }
    }
    return said;
  }

  private static void assertOthersSay(TreeMap<Integer, String> said, String text) {
    for (int r = 0; r < RANKS; r++) {
      if (r != ODD_ONE) {
        assertThat(said.get(r)).isEqualTo(text.formatted(r));
      }
    }
  }

  @Test
  void roundsBringWhatEveryRankGaveAndAJobCanMeetAgain() throws Exception {
    TreeMap<Integer, String> said = run("rounds");
    assertThat(said.values()).hasSize(RANKS).containsOnly("done");
  }

  @Test
  void aRankThatComesLateIsNamed() throws Exception {
    TreeMap<Integer, String> said = run("late");
    for (int r = 0; r < RANKS; r++) {
      if (r != ODD_ONE) {
        assertThat(said.get(r))
            .matches(
                "fault=1 barrier: rank=%d waited [0-9]{3,4} ms for ranks \\[1] of 3".formatted(r));
      }
    }
  }

  @Test
  void aRankThatClosesIsNamedAtOnce() throws Exception {
    assertOthersSay(run("close"), "fault=1 barrier: rank=%d waits for rank=1, which has closed");
  }

  @Test
  void aRankThatDiesIsNamedAtOnce() throws Exception {
    assertOthersSay(
        run("die"),
        "fault=1 barrier: rank=%d waits for rank=1, which has died or lost its connection");
  }

  @Test
  void ranksInDifferentCallsAreNamed() throws Exception {
    TreeMap<Integer, String> said = run("mixed");
    assertOthersSay(said, "fault=1 barrier: rank=%d calls it while rank=1 calls allGather");
    assertThat(said.get(ODD_ONE))
        .isEqualTo("fault=0 allGather: rank=1 calls it while rank=0 calls barrier");
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    assertOthersSay(run("interrupt"), "fault=%1$d barrier: rank=%1$d was interrupted");
  }

  @Test
  void aCloseEndsTheWait() throws Exception {
    assertOthersSay(
        run("meanwhile"), "fault=%1$d barrier: rank=%1$d closed its bootstrap meanwhile");
  }
}
