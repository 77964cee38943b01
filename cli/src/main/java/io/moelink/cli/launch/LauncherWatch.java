package io.moelink.cli.launch;

import io.moelink.cli.Main;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends a rank whose launcher is gone. A launcher ends its ranks however it ends itself, unless it
 * is killed with no time for anything; then they would wait for each other, or work for nobody.
 */
public final class LauncherWatch {
  private static final Duration PERIOD = Duration.ofMillis(200);

  private LauncherWatch() {}

  /** Watches if this process is a rank of {@code moelink launch}; returns at once. */
  public static void start() {
    String launcher = System.getenv(RankEnvironment.LAUNCHER_PID);
    if (launcher == null || !launcher.matches("[1-9][0-9]{0,17}")) {
      return;
    }
    Optional<ProcessHandle> process =
        ProcessHandle.of(Long.parseLong(launcher)).filter(LauncherWatch::isOlder);
    // a thread of our own: the JDK looks less and less often at a process that is no child
    Thread.ofPlatform()
        .name("launcher-watch")
        .daemon()
        .start(
            () -> {
              while (process.filter(Liveness::isRunning).isPresent()) {
                LockSupport.parkNanos(PERIOD.toNanos());
              }
              end(launcher);
            });
  }

  /** A process that is younger than this one did not start it: the number was used again. */
  private static boolean isOlder(ProcessHandle process) {
    Instant mine = ProcessHandle.current().info().startInstant().orElse(Instant.MAX);
    return !process.info().startInstant().orElse(Instant.MIN).isAfter(mine);
  }

  private static void end(String launcher) {
    System.err.printf(
        "moelink: rank=%s ends, since its launcher, process %s, is gone%n",
        System.getenv("RANK"), launcher);
    // not exit: a rank that is stuck would not come to an end
    Runtime.getRuntime().halt(Main.FAILED);
  }
}
