package io.moelink.cli;

import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithms;
import java.util.Iterator;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how rows travel. */
public final class PlanOptions {
  /** The names of the algorithms, for help. */
  static final class AlgorithmNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(Algorithms.names().stream(), Stream.of(Algorithms.AUTO)).iterator();
    }
  }

  @Option(
      names = "--algorithm",
      paramLabel = "NAME",
      defaultValue = "hierarchical",
      completionCandidates = AlgorithmNames.class,
      description =
          "One of ${COMPLETION-CANDIDATES}; auto takes what the cost model finds fastest for the"
              + " routing at hand (default: ${DEFAULT-VALUE}).")
  private String algorithm;

  @Mixin private StagingOption staging;

  /** The algorithm that was asked for, or {@code auto}. */
  public String algorithm() {
    return algorithm;
  }

  /** The staging policy that was asked for. */
  public StagingPolicy staging() {
    return staging.policy();
  }
}
