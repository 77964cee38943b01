package io.moelink.cli.calibrate;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapProvider;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.cli.BootstrapOption;
import io.moelink.cli.Main;
import io.moelink.cli.Progress;
import io.moelink.cli.RankThreads;
import io.moelink.cli.TransportOption;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.cost.Calibration;
import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.MemoryRates;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import io.moelink.transport.TransportProvider;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Measures a transport and writes a topology with its figures. */
@Command(
    name = "transport",
    description =
        "Measures transfers, signals and row kernels between ranks of this machine, and writes a"
            + " topology with these figures, which --topology takes.",
    sortOptions = false)
public final class TransportCommand implements Callable<Integer> {
  private static final int ROUNDS_MAX = 10_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--topology",
      paramLabel = "NAME|FILE.json",
      defaultValue = "flat-2",
      description = "Whose ranks share the memory of a host (default: ${DEFAULT-VALUE}).")
  private String topology;

  @Mixin private TransportOption transport;
  @Mixin private BootstrapOption bootstrap;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "60",
      description = "Of every measurement; medians count (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--out",
      paramLabel = "FILE.json",
      description = "The topology file to write; required but with --against-ucx-perftest.")
  private Path out;

  @Option(
      names = "--against-ucx-perftest",
      description =
          "Compare puts of 1 MiB and signals with ucp_put_bw and ucp_put_lat of ucx_perftest"
              + " (Debian: ucx-utils) instead, in turns, under the same UCX_TLS; --rounds 10 will"
              + " do.")
  private boolean againstPerftest;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private TransportCommand() {}

  @Override
  public Integer call() throws Exception {
    if (rounds < 1 || rounds > ROUNDS_MAX) {
      throw new InvalidInputException(
          "--rounds: found %d, expected 1 to %d".formatted(rounds, ROUNDS_MAX));
    }
    Topology fabric = Topologies.resolve(topology);
    if (!fabric.linkKinds().equals(Set.of(LinkKind.SHARED)) || fabric.nodeCount() != 1) {
      throw new InvalidInputException(
          "--topology: found %s with links %s in %d nodes, expected SHARED links in one, as flat-2"
              .formatted(fabric.name(), fabric.linkKinds(), fabric.nodeCount()));
    }
    if (againstPerftest) {
      return compare(fabric);
    }
    if (out == null) {
      throw new InvalidInputException("--out: found nothing, expected a file to write");
    }
    if (Files.isDirectory(out)) {
      throw unwritable("a folder", null);
    }
    TransportProvider provider = transport.provider();
    Optional<Measured> measured =
        onRanks(
            fabric.rankCount(),
            (one, progress) -> new RankRuns(fabric, provider, one, rounds, progress).run());
    return measured.isEmpty() ? Main.DONE : finish(fabric, measured.get());
  }

  /** What one rank does; what rank 0 returns counts. */
  private interface Work<T> {
    T of(Bootstrap rank, Progress progress) throws Exception;
  }

  /**
   * Has ranks work: this process is one of them, where it is of a job, or else all of them.
   *
   * @return what rank 0 returned, where it is here
   */
  private <T> Optional<T> onRanks(int ranks, Work<T> work) throws Exception {
    Optional<BootstrapProvider> job = bootstrap.provider(transport);
    if (job.isPresent()) {
      try (Bootstrap mine = job.get().open(System.getenv(), Bootstraps.JOIN_TIMEOUT);
          Progress progress = new Progress("bench transport", rounds)) {
        T result = work.of(mine, progress);
        return mine.rank() == 0 ? Optional.of(result) : Optional.empty();
      }
    }
    try (Progress progress = new Progress("bench transport", (long) ranks * rounds)) {
      return Optional.of(RankThreads.run(ranks, one -> work.of(one, progress)).getFirst());
    }
  }

  private int compare(Topology fabric) throws Exception {
    if (fabric.rankCount() != 2) {
      throw new InvalidInputException(
          "--against-ucx-perftest: found %d ranks (topology %s), expected 2, as flat-2"
              .formatted(fabric.rankCount(), fabric.name()));
    }
    if (!UcxPerftest.isThere()) {
      throw new InvalidInputException(
          "--against-ucx-perftest: found no ucx_perftest on the PATH; apt-get install -y"
              + " ucx-utils");
    }
    TransportProvider provider = transport.provider();
    Optional<AgainstPerftest.Result> result =
        onRanks(2, (one, progress) -> new AgainstPerftest(provider, one, rounds, progress).run());
    return result.isEmpty() ? Main.DONE : print(result.get());
  }

  private int print(AgainstPerftest.Result result) {
    PrintWriter to = spec.commandLine().getOut();
    double rates = result.putRate() / result.perftestPutRate();
    double latencies = result.signalMicroseconds() / result.perftestPutMicroseconds();
    if (json) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("transport", result.transport());
      values.put("ucx_tls", System.getenv().getOrDefault("UCX_TLS", ""));
      values.put("rounds", rounds);
      values.put("put_gbps", result.putRate());
      values.put("perftest_put_gbps", result.perftestPutRate());
      values.put("put_ratio", rates);
      values.put("signal_microseconds", result.signalMicroseconds());
      values.put("perftest_put_microseconds", result.perftestPutMicroseconds());
      values.put("signal_ratio", latencies);
      to.println(JsonMapper.shared().writeValueAsString(values));
      return Main.DONE;
    }
    String tls = System.getenv().getOrDefault("UCX_TLS", "all");
    print(to, "%s (UCX_TLS %s), %d rounds, medians", result.transport(), tls, rounds);
    print(to, "%-26s %10s %12s %7s", "", "moelink", "ucx_perftest", "ratio");
    print(
        to,
        "%-26s %10.2f %12.2f %7.2f",
        "puts of 1 MiB, GB/s",
        result.putRate(),
        result.perftestPutRate(),
        rates);
    print(
        to,
        "%-26s %10.3f %12.3f %7.2f",
        "signal / 8 bytes, us",
        result.signalMicroseconds(),
        result.perftestPutMicroseconds(),
        latencies);
    return Main.DONE;
  }

  private int finish(Topology fabric, Measured measured) {
    Link link = measured.link();
    MemoryRates memory = measured.memory();
    try {
      Calibration.write(out, fabric, Map.of(link.kind(), link), memory);
    } catch (IOException e) {
      throw unwritable(e.getClass().getSimpleName(), e);
    }
    PrintWriter to = spec.commandLine().getOut();
    if (json) {
      to.println(JsonMapper.shared().writeValueAsString(json(fabric, measured)));
      return Main.DONE;
    }
    print(to, "%s over %s, %d rounds, medians", fabric.name(), measured.transport(), rounds);
    print(to, "copies of one rank alone   %8.2f GB/s", measured.copyAlone());
    print(to, "copies of all at once      %8.2f GB/s together", measured.copyTogether());
    print(to, "sums of one rank alone     %8.2f GB/s", measured.sumAlone());
    print(to, "sums of all at once        %8.2f GB/s together", measured.sumTogether());
    print(to, "put to another rank        %8.2f GB/s", measured.putRate());
    print(to, "get from another rank      %8.2f GB/s", measured.getRate());
    print(to, "signal to another rank     %8.2f us", measured.signalMicroseconds());
    print(to, "written to %s: use it as --topology %s", out, out);
    return Main.DONE;
  }

  private static void print(PrintWriter to, String format, Object... values) {
    to.printf(Locale.ROOT, format + "%n", values);
  }

  private Map<String, Object> json(Topology fabric, Measured measured) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("topology", fabric.name());
    result.put("transport", measured.transport());
    result.put("rounds", rounds);
    result.put("copy_alone_gbps", measured.copyAlone());
    result.put("copy_together_gbps", measured.copyTogether());
    result.put("sum_alone_gbps", measured.sumAlone());
    result.put("sum_together_gbps", measured.sumTogether());
    result.put("put_gbps", measured.putRate());
    result.put("get_gbps", measured.getRate());
    result.put("signal_microseconds", measured.signalMicroseconds());
    result.put("file", out.toString());
    return result;
  }

  private InvalidInputException unwritable(String why, IOException cause) {
    return new InvalidInputException(
        "--out: found %s, which cannot be written (%s), expected a path that can"
            .formatted(out, why),
        cause);
  }
}
