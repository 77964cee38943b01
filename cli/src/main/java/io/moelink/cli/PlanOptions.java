package io.moelink.cli;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The options that say how rows travel. */
public final class PlanOptions {
  /** The names of the algorithms, for help. */
  static final class AlgorithmNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Algorithms.names().iterator();
    }
  }

  @Option(
      names = "--algorithm",
      paramLabel = "NAME",
      defaultValue = "hierarchical",
      completionCandidates = AlgorithmNames.class,
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private String algorithm;

  @Option(
      names = "--staging",
      paramLabel = "POLICY",
      defaultValue = "UNION",
      description = "What entries stage: FULL, PER_PEER or UNION (default: ${DEFAULT-VALUE}).")
  private String staging;

  /** The algorithm that was asked for. */
  public Algorithm algorithm() {
    return Algorithms.named(algorithm);
  }

  /** The staging policy that was asked for. */
  public StagingPolicy staging() {
    return parseStaging(staging);
  }

  /** A staging policy by its name, in any case. */
  public static StagingPolicy parseStaging(String name) {
    return Arrays.stream(StagingPolicy.values())
        .filter(policy -> policy.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "staging: found "
                        + name
                        + ", expected one of "
                        + Arrays.stream(StagingPolicy.values())
                            .map(Enum::name)
                            .collect(Collectors.joining(", "))));
  }
}
