package io.moelink.cli.exchange;

import io.moelink.ExpertGroupConfig;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapProvider;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.cli.BootstrapOption;
import io.moelink.cli.Main;
import io.moelink.cli.PlanOptions;
import io.moelink.cli.Progress;
import io.moelink.cli.RankThreads;
import io.moelink.cli.RoutingOptions;
import io.moelink.cli.RowOptions;
import io.moelink.cli.TransportOption;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import io.moelink.verify.SampleRows;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Dispatch and combine of given routing, timed and verified. */
@Command(
    name = "exchange",
    description = "Dispatches and combines given routing; times it, and checks every bit.",
    sortOptions = false)
public final class ExchangeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private RoutingOptions routing;
  @Mixin private PlanOptions plan;
  @Mixin private TransportOption transport;
  @Mixin private BootstrapOption bootstrap;

  @Mixin private RowOptions row;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      defaultValue = "5",
      description = "Timed rounds (default: ${DEFAULT-VALUE}).")
  private int iterations;

  @Option(
      names = "--verify",
      description = "Compare every row and every sum with the reference, bit for bit.")
  private boolean verify;

  @Option(
      names = "--rows",
      paramLabel = "FILE.npy",
      description =
          "Rows of all ranks' tokens in order, [tokens, H]: 16-bit words for bf16 and fp16, float32"
              + " for fp32 (default: generated from the seed).")
  private Path rows;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Write rankNNN_dispatched.npy and rankNNN_combined.npy there.")
  private Path out;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private ExchangeCommand() {}

  @Override
  public Integer call() throws Exception {
    if (iterations < 1) {
      throw new InvalidInputException("--iterations: found " + iterations + ", expected 1 or more");
    }
    Topology topology = routing.topology();
    TopK[] choices = routing.load(topology);
    ExpertGroupConfig config = config(topology, choices);
    prepareOut();
    if (rows == null) {
      long seed = routing.seed();
      return run(
          config,
          choices,
          (type, memory, rank, token) ->
              SampleRows.fill(type, memory, config.hidden(), seed, rank, token));
    }
    try (FileRows file = new FileRows(rows, config.elementType(), row.hidden(), choices)) {
      return run(config, choices, file);
    }
  }

  private ExpertGroupConfig config(Topology topology, TopK[] choices) {
    return ExpertGroupConfig.builder()
        .topology(topology)
        .experts(routing.experts())
        .topK(choices[0].topK())
        .hidden(row.hidden())
        .elementType(row.elementType())
        .tokensPerRankMax(Arrays.stream(choices).mapToInt(TopK::tokens).max().orElse(0))
        .algorithm(plan.algorithm())
        .staging(plan.staging())
        .build();
  }

  private void prepareOut() throws IOException {
    if (out != null) {
      try {
        Files.createDirectories(out);
      } catch (FileAlreadyExistsException e) {
        throw new InvalidInputException("--out: " + out + " is a file, expected a folder", e);
      }
    }
  }

  private int run(ExpertGroupConfig config, TopK[] choices, RowSource source) throws Exception {
    ExchangeJob job =
        new ExchangeJob(config, transport.provider(), choices, source, iterations, verify, out);
    int ranks = config.topology().rankCount();
    Optional<BootstrapProvider> launcher = bootstrap.provider(transport);
    if (launcher.isPresent()) {
      try (Bootstrap mine = launcher.get().open(System.getenv(), Bootstraps.JOIN_TIMEOUT)) {
        return runRank(job, mine);
      }
    }
    try (Progress progress = new Progress("exchange", (long) ranks * (iterations + 1))) {
      List<RankReport> reports =
          RankThreads.run(ranks, rank -> new RankExchange(job, rank, progress).run());
      return print(new ExchangeReport(job, reports));
    }
  }

  /** This process is one rank of the job; rank 0 prints for all. */
  private int runRank(ExchangeJob job, Bootstrap mine) throws Exception {
    try (Progress progress = new Progress("exchange", iterations + 1L)) {
      RankReport own = new RankExchange(job, mine, progress).run();
      ExchangeReport report =
          new ExchangeReport(job, RankReport.gather(own, mine, job.config().timeout()));
      return mine.rank() == 0 ? print(report) : exitCode(report);
    }
  }

  private int print(ExchangeReport report) {
    PrintWriter to = spec.commandLine().getOut();
    if (json) {
      report.printJson(to);
    } else {
      report.printText(to);
    }
    if (Boolean.FALSE.equals(report.verified())) {
      spec.commandLine().getErr().println("moelink: not verified: " + report.firstDifference());
    }
    return exitCode(report);
  }

  private static int exitCode(ExchangeReport report) {
    return Boolean.FALSE.equals(report.verified()) ? Main.FAILED : Main.DONE;
  }
}
