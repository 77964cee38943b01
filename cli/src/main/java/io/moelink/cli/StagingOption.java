package io.moelink.cli;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.StagingPolicy;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The option that says what entries stage. */
public final class StagingOption {
  @Option(
      names = "--staging",
      paramLabel = "POLICY",
      defaultValue = "UNION",
      description = "What entries stage: FULL, PER_PEER or UNION (default: ${DEFAULT-VALUE}).")
  private String staging;

  /** The policy that was asked for, in any case. */
  public StagingPolicy policy() {
    return Arrays.stream(StagingPolicy.values())
        .filter(policy -> policy.name().equals(staging.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "staging: found "
                        + staging
                        + ", expected one of "
                        + Arrays.stream(StagingPolicy.values())
                            .map(Enum::name)
                            .collect(Collectors.joining(", "))));
  }
}
