package io.moelink.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.Main;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A launcher that is itself a process, and its end. */
@Timeout(60)
class LauncherProcessTest {
  private static final int RANKS = 3;
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin/java").toString();
  private static final String CLASSES = System.getProperty("java.class.path");

  private Process launcher;
  private final List<ProcessHandle> ranks = new ArrayList<>();

  /** Starts a job and waits until its ranks have met. */
  private void start() throws Exception {
    launcher =
        new ProcessBuilder(
                JAVA,
                "-cp",
                CLASSES,
                Main.class.getName(),
                "launch",
                "-n",
                RANKS + "",
                "--",
                JAVA,
                "-cp",
                CLASSES,
                WatchedRank.class.getName())
            .start();
    BufferedReader err = launcher.errorReader(StandardCharsets.UTF_8);
    while (ranks.size() < RANKS) {
      String line = err.readLine();
      assertThat(line).matches("\\[[0-2]] pid [0-9]+");
      ranks.add(ProcessHandle.of(Long.parseLong(line.split(" ")[2])).orElseThrow());
    }
  }

  private void assertAllEndWithin(int seconds) throws Exception {
    // not onExit, which looks seldom at a process that is no child
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (ranks.stream().anyMatch(Liveness::isRunning)) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  @AfterEach
  void endAll() {
    launcher.destroyForcibly();
    ranks.forEach(ProcessHandle::destroyForcibly);
  }

  @Test
  void ranksEndWithALauncherThatIsKilled() throws Exception {
    start();
    launcher.destroyForcibly();
    assertAllEndWithin(2);
  }

  @Test
  void ranksEndWithALauncherThatIsTerminated() throws Exception {
    start();
    // the handle, since Process.destroy closes the output that the test still reads
    launcher.toHandle().destroy();
    assertAllEndWithin(4);
    assertThat(launcher.waitFor()).isEqualTo(143);
    assertThat(launcher.errorReader(StandardCharsets.UTF_8).lines()).isEmpty();
  }

  @Test
  void ranksEndWithOneOfThemThatIsKilled() throws Exception {
    start();
    ranks.get(1).destroyForcibly();
    assertAllEndWithin(6);
    assertThat(launcher.waitFor()).isEqualTo(Main.FAILED);
    assertThat(launcher.errorReader(StandardCharsets.UTF_8).lines())
        .last()
        .asString()
        .matches(
            "moelink: launch: rank=[0-2] ended with exit code 137 \\(signal 9\\), expected 0; ended"
                + " ranks \\[[0-2], [0-2]], too");
  }
}
