package io.moelink.bench.compare;

import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Measures a short set and prints it beside what was recorded last. Speed fails nothing. */
@Command(
    name = "regress",
    description = {
      "Measures moelink against the roofline in a short set of cases, and prints how much of it is"
          + " reached beside what bench/ratios.json has. It is for a reader to judge: no difference"
          + " of speed makes it fail."
    },
    sortOptions = false)
final class RegressCommand implements Callable<Integer> {
  private static final List<String> CASES = List.of("2x4096", "2x128", "8x512");
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  @Spec private CommandSpec spec;
  @Mixin private CompareOptions options;

  @Option(names = "--record", description = "Write what was measured to bench/ratios.json.")
  private boolean record;

  private RegressCommand() {}

  /** Case, state, contestant, and dispatch or combine: roofline's time over the contestant's. */
  @Override
  public Integer call() throws Exception {
    Path file = options.home().resolve("bench/ratios.json");
    Map<String, Double> recorded = read(file);
    Map<String, Double> measured = measure();
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, "%-32s %10s %10s%n", "of the roofline", "recorded", "now");
    Map<String, Double> all = new TreeMap<>(recorded);
    all.putAll(measured);
    all.keySet()
        .forEach(
            key ->
                out.printf(
                    Locale.ROOT,
                    "%-32s %10s %10s%n",
                    key,
                    text(recorded.get(key)),
                    text(measured.get(key))));
    if (record) {
      // what this run did not meet, another state for example, stays
      Files.writeString(file, MAPPER.writeValueAsString(all) + "\n");
    }
    return 0;
  }

  private static Map<String, Double> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Map.of();
    }
    try {
      return MAPPER.readValue(Files.readString(file), new TypeReference<>() {});
    } catch (JacksonException e) {
      throw new InvalidInputException(
          file + ": found " + e.getOriginalMessage() + ", expected names with ratios", e);
    }
  }

  private static String text(Double ratio) {
    return ratio == null ? "-" : String.format(Locale.ROOT, "%.3f", ratio);
  }

  private Map<String, Double> measure() throws IOException {
    Map<String, Double> ratios = new TreeMap<>();
    Tournament tournament =
        new Tournament(
            options,
            contestant ->
                contestant.name().equals(Roofline.NAME) || Moelink.isName(contestant.name()),
            spec.commandLine().getErr());
    for (MatchResult result : tournament.run(Case.parseAll(CASES))) {
      for (HostState state : HostState.values()) {
        for (Figure figure : Figures.of(result, state)) {
          Figure.Ratio over = figure.over().get(Roofline.NAME);
          if (over != null) {
            String key = result.name() + " " + state + " " + figure.contestant();
            ratios.put(key + " dispatch", round(1 / over.dispatch()));
            ratios.put(key + " combine", round(1 / over.combine()));
          }
        }
      }
    }
    return ratios;
  }

  private static double round(double ratio) {
    return Math.round(1000 * ratio) / 1000.0;
  }
}
