package io.moelink.nativestubs.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What jobs could leave behind on this host: shared memory, and files of UCX. */
final class Leftovers {
  private static final List<Path> FOLDERS = List.of(Path.of("/dev/shm"), Path.of("/tmp"));

  /** What they would be called; jobs of other programs may run beside these tests. */
  private static final String NAMES = "(ucx|moelink).*";

  /** Folders of benchmarks, which end by themselves. */
  private static final String BENCHMARK = "moelink-bench-";

  private static final int LOOKS = 20;
  private static final int PAUSE_MILLIS = 100;

  private Leftovers() {}

  /** Names of what is there. */
  static List<String> found() throws IOException {
    List<String> names = new ArrayList<>();
    for (Path folder : FOLDERS) {
      if (Files.isDirectory(folder)) {
        try (Stream<Path> files = Files.list(folder)) {
          files
              .filter(file -> file.getFileName().toString().matches(NAMES))
              .filter(file -> !file.getFileName().toString().startsWith(BENCHMARK))
              .map(Path::toString)
              .sorted()
              .forEach(names::add);
        }
      }
    }
    return names;
  }

  /**
   * Fails when there is anything that was not there before, and stays. Any process that starts UCX
   * on this host has a file there for a moment.
   */
  static void check(List<String> before) throws IOException, InterruptedException {
    List<String> left = found();
    left.removeAll(before);
    for (int i = 0; i < LOOKS && !left.isEmpty(); i++) {
      Thread.sleep(PAUSE_MILLIS);
      left.retainAll(found());
    }
    if (!left.isEmpty()) {
      throw new AssertionError("left behind: " + left);
    }
  }
}
