package io.moelink.cli;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.cost.RowCounts;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.RoutingFile;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TokenCounts;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** The options that say on which fabric, and who chose which experts. */
public final class RoutingOptions {
  private static final int TOP_K_DEFAULT = 8;

  /** Groups of experts in DeepSeek-V3, whose gate {@code grouped} imitates. */
  private static final int GROUPS_MIN = 8;

  @Option(
      names = "--topology",
      paramLabel = "NAME|FILE.json",
      defaultValue = "ubbv2-2node",
      description = "A preset or a topology file (default: ${DEFAULT-VALUE}).")
  private String topology;

  @Option(
      names = "--experts",
      paramLabel = "E",
      defaultValue = "256",
      description = "Experts of the layer (default: ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--ids",
      paramLabel = "FILE.npy",
      description = "Recorded expert ids, [tokens, K] or [tokens, layers, K].")
  private Path ids;

  @Option(names = "--layer", paramLabel = "L", description = "Which layer of a file with layers.")
  private Integer layer;

  @Option(
      names = "--weights",
      paramLabel = "FILE.npy",
      description = "Their weights, of the same shape (default: 1/K each).")
  private Path weights;

  @Option(
      names = "--tokens-per-rank",
      paramLabel = "T|T0,T1,...",
      defaultValue = "512",
      description = "Tokens of every rank, or of each (default: ${DEFAULT-VALUE}).")
  private String tokensPerRank;

  @Option(
      names = "--routing",
      paramLabel = "SPEC",
      description =
          "Without --ids: uniform, zipf:EXPONENT, one-expert or grouped:M, experts from at most M"
              + " of 8 groups, or of as many as there are nodes if more (default: uniform).")
  private String routing;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Without --ids: experts of a token (default: 8).")
  private Integer topK;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of everything generated (default: ${DEFAULT-VALUE}).")
  private long seed;

  /** The topology that was asked for. */
  public Topology topology() {
    return Topologies.resolve(topology);
  }

  /** Experts of the layer. */
  public int experts() {
    return experts;
  }

  /** The seed of everything generated. */
  public long seed() {
    return seed;
  }

  /** Where the routing comes from, for people. */
  public String describeRouting() {
    if (ids == null) {
      return (routing == null ? "uniform" : routing) + ", seed " + seed;
    }
    return ids.getFileName() + (layer == null ? "" : ", layer " + layer);
  }

  /** Tokens of every rank, as given. */
  public String tokensPerRank() {
    return tokensPerRank;
  }

  /** Whether the routing is recorded, not generated. */
  public boolean recorded() {
    return ids != null;
  }

  /**
   * The rows that the routing moves on a fabric: expected ones where it is uniform, so that nothing
   * is generated, else those of {@link #load}.
   *
   * @param tokens of every rank, or of each, as {@code --tokens-per-rank} has them
   */
  public RowCounts rowCounts(Topology fabric, String tokens) throws IOException {
    ExpertPlacement placement = ExpertPlacement.contiguous(experts, fabric.rankCount());
    RoutingSpec spec = routing == null ? RoutingSpec.UNIFORM : RoutingSpec.parse(routing);
    if (ids == null && spec.equals(RoutingSpec.UNIFORM)) {
      requireIds("--layer", layer);
      requireIds("--weights", weights);
      int[] counts = TokenCounts.parse(tokens, fabric.rankCount());
      return RowCounts.uniform(fabric, placement, topK == null ? TOP_K_DEFAULT : topK, counts);
    }
    TopK[] choices = load(fabric, tokens);
    List<RoutingIndex> indices =
        Arrays.stream(choices).map(c -> RoutingIndex.of(c, placement, fabric)).toList();
    return RowCounts.of(
        new GatheredRouting(fabric, placement, choices[0].topK(), indices), OutputShape.CANONICAL);
  }

  /** Every rank's choices, checked. */
  public TopK[] load(Topology fabric) throws IOException {
    return load(fabric, tokensPerRank);
  }

  private TopK[] load(Topology fabric, String tokens) throws IOException {
    int[] counts = TokenCounts.parse(tokens, fabric.rankCount());
    if (ids != null) {
      refuse("--routing", routing);
      refuse("--top-k", topK);
      OptionalInt chosen = layer == null ? OptionalInt.empty() : OptionalInt.of(layer);
      return new RoutingFile(ids, weights, chosen).load(experts, counts);
    }
    requireIds("--layer", layer);
    requireIds("--weights", weights);
    RoutingSpec spec = routing == null ? RoutingSpec.UNIFORM : RoutingSpec.parse(routing);
    int slots = topK == null ? TOP_K_DEFAULT : topK;
    int groups = Math.max(GROUPS_MIN, fabric.nodeCount());
    return new RoutingGenerator(spec, seed, experts, slots, groups).topK(counts);
  }

  private static void refuse(String option, Object value) {
    if (value != null) {
      throw new InvalidInputException(
          option + ": found " + value + " beside --ids, expected one of the two");
    }
  }

  private static void requireIds(String option, Object value) {
    if (value != null) {
      throw new InvalidInputException(option + ": found " + value + " without --ids");
    }
  }
}
