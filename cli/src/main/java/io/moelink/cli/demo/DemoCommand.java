package io.moelink.cli.demo;

import io.moelink.ExpertGroupConfig;
import io.moelink.cli.Main;
import io.moelink.cli.PlanOptions;
import io.moelink.cli.Progress;
import io.moelink.cli.RankThreads;
import io.moelink.cli.TransportOption;
import io.moelink.kernel.ElementType;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.TokenCounts;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The main job on real text. */
@Command(
    name = "demo",
    description =
        "Runs a Mixture-of-Experts layer over real text: routes it, dispatches it, runs the"
            + " experts, combines, and checks every row against the layer without a group.",
    sortOptions = false)
public final class DemoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "Text to read (default: the sources of moelink).")
  private List<Path> files = List.of();

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
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "8",
      description = "Experts of a token (default: ${DEFAULT-VALUE}).")
  private int topK;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "4096",
      description = "Words to read, at most (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the layer's weights (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private PlanOptions plan;
  @Mixin private TransportOption transport;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private DemoCommand() {}

  @Override
  public Integer call() throws Exception {
    if (tokens < 1 || tokens > 1 << 20) {
      throw new InvalidInputException("--tokens: found " + tokens + ", expected 1 to " + (1 << 20));
    }
    Topology fabric = Topologies.resolve(topology);
    int[] counts = TokenCounts.even(tokens, fabric.rankCount());
    ExpertGroupConfig config =
        ExpertGroupConfig.builder()
            .topology(fabric)
            .experts(experts)
            .topK(topK)
            .hidden(DemoLayer.HIDDEN)
            .elementType(ElementType.BF16)
            .tokensPerRankMax(counts[0])
            .algorithm(plan.algorithm())
            .staging(plan.staging())
            .build();
    TextTokens text = TextTokens.read(files.isEmpty() ? ownSources() : files, tokens);
    counts = TokenCounts.even(text.words().size(), fabric.rankCount());
    DemoLayer layer = new DemoLayer(experts, topK, seed);
    int ranks = fabric.rankCount();
    float[][][] rows = new float[ranks][][];
    TopK[] choices = new TopK[ranks];
    try (Progress progress = new Progress("demo", 2L * ranks)) {
      int at = 0;
      for (int rank = 0; rank < ranks; rank++) {
        rows[rank] = new float[counts[rank]][];
        for (int token = 0; token < counts[rank]; token++, at++) {
          String before = at == 0 ? "" : text.words().get(at - 1);
          rows[rank][token] = layer.embed(text.words().get(at), before);
        }
        choices[rank] = layer.route(rank, rows[rank]);
        progress.step();
      }
      DemoRank rank = new DemoRank(config, transport.provider(), layer);
      List<DemoRank.Found> found =
          RankThreads.run(
              ranks,
              bootstrap -> {
                int r = bootstrap.rank();
                DemoRank.Found result = rank.run(bootstrap, rows[r], choices[r]);
                progress.step();
                return result;
              });
      DemoReport report = new DemoReport(config, text, found);
      if (json) {
        report.printJson(spec.commandLine().getOut());
      } else {
        report.printText(spec.commandLine().getOut());
      }
      return report.equal() ? Main.DONE : Main.FAILED;
    }
  }

  private static List<Path> ownSources() throws java.io.IOException {
    String home = System.getProperty("moelink.home");
    if (home == null) {
      throw new InvalidInputException("demo: found no sources of moelink; name files to read");
    }
    return TextTokens.sources(Path.of(home));
  }
}
