package io.moelink.bench.compare;

import io.moelink.layout.InvalidInputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of every command that runs matches. */
final class CompareOptions {
  private static final int SECONDS_MAX = 3600;

  @Option(
      names = "--contestants",
      split = ",",
      paramLabel = "NAME",
      description = "Only these (default: all that can run here).")
  private List<String> contestants;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "20",
      description = "How long the contestants of a case take turns (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--known-routing",
      description =
          "Work the routing out once, not in every round. The roofline and gloo always do that.")
  private boolean knownRouting;

  @Option(
      names = "--algorithm",
      paramLabel = "NAME",
      defaultValue = "direct",
      description = "Of moelink (default: ${DEFAULT-VALUE}).")
  private String algorithm;

  /** The repository: the launcher says where it is. */
  Path home() {
    return Path.of(System.getProperty("moelink.home", "."));
  }

  List<Contestant> contestants() {
    return Contestants.named(
        Contestants.all(new Programs(home()), algorithm, knownRouting), contestants);
  }

  boolean chosen() {
    return contestants != null;
  }

  boolean knownRouting() {
    return knownRouting;
  }

  MatchOptions match() {
    if (seconds < 1 || seconds > SECONDS_MAX) {
      throw new InvalidInputException(
          "--seconds: found %d, expected 1 to %d".formatted(seconds, SECONDS_MAX));
    }
    return new MatchOptions(Duration.ofSeconds(seconds), Duration.ofSeconds(2), 3);
  }
}
