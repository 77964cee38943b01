package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.RoutingFile;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One row of a comparison: ranks x tokens of each, as {@code 2x4096} (8 of 256 experts, uniform,
 * hidden 7168) or {@code 2x4096-trace} (layer 12 of the recorded gpt-oss-20b: 4 of 32 experts,
 * hidden 2880).
 *
 * @param ranks R
 * @param tokens T, of each rank
 * @param trace whether the routing is the recorded one
 */
record Case(int ranks, int tokens, boolean trace) {
  private static final Pattern NAME =
      Pattern.compile("([1-9][0-9]{0,2})x([1-9][0-9]{0,5})(-trace)?");
  private static final String EXPECTED = "expected RANKSxTOKENS or RANKSxTOKENS-trace";
  private static final int RANKS_MAX = 64;
  private static final int LAYER = 12;
  private static final Path TRACES = Path.of("shared", "traces");

  static Case parse(String name) {
    Matcher match = NAME.matcher(name);
    if (!match.matches()) {
      throw new InvalidInputException("--cases: found " + name + ", " + EXPECTED);
    }
    Case parsed =
        new Case(
            Integer.parseInt(match.group(1)),
            Integer.parseInt(match.group(2)),
            match.group(3) != null);
    if (parsed.ranks > RANKS_MAX) {
      throw new InvalidInputException(
          "--cases: found " + name + ", expected at most " + RANKS_MAX + " ranks");
    }
    return parsed;
  }

  static List<Case> parseAll(List<String> names) {
    return names.stream().map(Case::parse).distinct().toList();
  }

  /** As a user writes it. */
  @Override
  public String toString() {
    return ranks + "x" + tokens + (trace ? "-trace" : "");
  }

  /**
   * Generates or reads the routing.
   *
   * @param home the repository, beside or in which {@code shared/traces} lies
   */
  Job job(Path home) throws IOException {
    int[] counts = new int[ranks];
    Arrays.fill(counts, tokens);
    if (!trace) {
      TopK[] uniform = new RoutingGenerator(RoutingSpec.UNIFORM, 1, 256, 8, 1).topK(counts);
      return Job.of(uniform, 7168);
    }
    Path traces = traces(home);
    TopK[] recorded =
        new RoutingFile(
                traces.resolve("gptoss20b_topk_ids.npy"),
                traces.resolve("gptoss20b_topk_weights.npy"),
                OptionalInt.of(LAYER))
            .load(32, counts);
    return Job.of(recorded, 2880);
  }

  private Path traces(Path home) {
    for (Path place : List.of(home, home.toAbsolutePath().getParent())) {
      if (Files.isDirectory(place.resolve(TRACES))) {
        return place.resolve(TRACES);
      }
    }
    throw new InvalidInputException(
        "case " + this + ": found no folder " + TRACES + " in or beside " + home);
  }
}
