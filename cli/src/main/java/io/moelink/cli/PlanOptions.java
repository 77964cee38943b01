package io.moelink.cli;

import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import java.util.Iterator;
import picocli.CommandLine.Mixin;
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

  @Mixin private StagingOption staging;

  /** The algorithm that was asked for. */
  public Algorithm algorithm() {
    return Algorithms.named(algorithm);
  }

  /** The staging policy that was asked for. */
  public StagingPolicy staging() {
    return staging.policy();
  }
}
