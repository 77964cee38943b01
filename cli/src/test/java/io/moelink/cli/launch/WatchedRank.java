package io.moelink.cli.launch;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import java.time.Duration;

/** A rank of {@link LauncherProcessTest}: meets the others, says its process, and does not end. */
final class WatchedRank {
  private WatchedRank() {}

  public static void main(String[] args) throws InterruptedException {
    LauncherWatch.start();
    try (Bootstrap mine = Bootstraps.fromEnvironment()) {
      mine.barrier(Duration.ofSeconds(30));
      System.err.println("pid " + ProcessHandle.current().pid());
      Thread.sleep(Duration.ofMinutes(10));
    }
  }
}
