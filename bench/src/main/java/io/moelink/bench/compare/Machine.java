package io.moelink.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the figures were measured on. */
final class Machine {
  private static final Path CPUS = Path.of("/proc/cpuinfo");

  private Machine() {}

  /** Cores, model and JDK in one line. */
  static String describe() {
    return "%d cores, %s; %s %s; JDK %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            model(),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            Runtime.version());
  }

  private static String model() {
    List<String> lines;
    try {
      lines = Files.readAllLines(CPUS);
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
    return lines.stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }
}
