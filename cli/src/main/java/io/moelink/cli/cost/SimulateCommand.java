package io.moelink.cli.cost;

import io.moelink.cli.Main;
import io.moelink.cli.Progress;
import io.moelink.cli.RoutingOptions;
import io.moelink.cli.StagingOption;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.cost.FabricSimulator;
import io.moelink.layout.cost.RowCounts;
import io.moelink.layout.cost.RowShape;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Simulates dispatch and combine on a fabric. */
@Command(
    name = "simulate",
    description =
        "Simulates dispatch and combine on a fabric that need not be there, by every algorithm;"
            + " uniform routing is counted by its expectation, all other routing row by row.",
    sortOptions = false)
public final class SimulateCommand implements Callable<Integer> {
  private static final String ALL = "all";

  @Spec private CommandSpec spec;
  @Mixin private RoutingOptions routing;

  @Option(
      names = "--algorithm",
      paramLabel = "NAME",
      defaultValue = ALL,
      description = "One algorithm (default: ${DEFAULT-VALUE}).")
  private String algorithm;

  @Mixin private StagingOption staging;

  @Mixin private ShapeOptions rows;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Write the timeline of the fastest algorithm, for chrome://tracing or Perfetto.")
  private Path trace;

  @Option(
      names = "--sweep",
      arity = "1..2",
      paramLabel = "tokens=T0,T1,...|nodes=N0,N1,...",
      description = "Simulate for each of these numbers, and print one line for each.")
  private List<String> sweep;

  @Option(
      names = "--published",
      description = "Print the published estimates of the old design beside their rules instead.")
  private boolean published;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private SimulateCommand() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (published) {
      out.print(json ? PublishedTable.json() : PublishedTable.text());
      return Main.DONE;
    }
    List<Algorithm> algorithms =
        algorithm.equals(ALL) ? Algorithms.all() : List.of(Algorithms.named(algorithm));
    RowShape shape = rows.shape();
    if (sweep != null) {
      sweep(out, algorithms, shape);
    } else {
      one(out, algorithms, shape);
    }
    return Main.DONE;
  }

  private void one(PrintWriter out, List<Algorithm> algorithms, RowShape shape) throws IOException {
    Topology topology = routing.topology();
    List<Simulated> results = new ArrayList<>();
    RowCounts rows = routing.rowCounts(topology, routing.tokensPerRank());
    try (Progress progress = new Progress("simulate", algorithms.size())) {
      for (Algorithm each : algorithms) {
        results.add(simulate(topology, each, shape, rows));
        progress.step();
      }
    }
    results.sort(Comparator.comparingDouble(Simulated::seconds));
    if (trace != null) {
      TraceFile.write(trace, results.getFirst());
    }
    if (json) {
      Map<String, Object> report = head(topology, shape);
      report.put("fastest", results.getFirst().algorithm());
      report.put("algorithms", results.stream().map(SimulateReport::json).toList());
      out.println(JsonMapper.shared().writeValueAsString(report));
      return;
    }
    out.printf(
        Locale.ROOT,
        "%s, %d ranks, %s tokens a rank, rows of %d bytes, %s%n%n",
        topology.name(),
        topology.rankCount(),
        routing.tokensPerRank(),
        shape.rowBytes(),
        routing.describeRouting());
    out.print(SimulateReport.text(results));
    if (trace != null) {
      out.printf("%ntimeline of %s written to %s%n", results.getFirst().algorithm(), trace);
    }
  }

  private Map<String, Object> head(Topology topology, RowShape shape) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("topology", topology.name());
    report.put("ranks", topology.rankCount());
    report.put("routing", routing.describeRouting());
    report.put("row_bytes", shape.rowBytes());
    return report;
  }

  private Simulated simulate(Topology topology, Algorithm each, RowShape shape, RowCounts rows) {
    PlanRequest request = PlanRequest.of(topology).withStaging(staging.policy());
    FabricSimulator simulator = new FabricSimulator(topology, shape);
    return new Simulated(
        each.name(),
        simulator.run(each.dispatch(request), rows),
        simulator.run(each.combine(request), rows));
  }

  private void sweep(PrintWriter out, List<Algorithm> algorithms, RowShape shape)
      throws IOException {
    if (trace != null) {
      throw new InvalidInputException("--trace: found it beside --sweep, expected one of the two");
    }
    if (routing.recorded()) {
      throw new InvalidInputException("--ids: found it beside --sweep, expected generated routing");
    }
    Topology base = routing.topology();
    Sweep values = Sweep.parse(sweep, base.name(), routing.tokensPerRank());
    boolean oneFabric = values.topologies().equals(List.of(base.name()));
    if (!oneFabric && !base.equals(Topologies.named(base.name()))) {
      // the other sizes would have the figures of the preset, not those of the file
      throw new InvalidInputException(
          "--sweep: found nodes= with a topology file, expected a preset");
    }
    List<Topology> fabrics =
        values.topologies().stream()
            .map(name -> name.equals(base.name()) ? base : Topologies.named(name))
            .toList();
    List<SweepPoint> points = new ArrayList<>();
    long steps = (long) fabrics.size() * values.tokens().size() * algorithms.size();
    try (Progress progress = new Progress("simulate", steps)) {
      for (Topology fabric : fabrics) {
        for (String tokens : values.tokens()) {
          RowCounts rows = routing.rowCounts(fabric, tokens);
          for (Algorithm each : algorithms) {
            points.add(SweepPoint.of(fabric, tokens, simulate(fabric, each, shape, rows)));
            progress.step();
          }
        }
      }
    }
    if (json) {
      Map<String, Object> report = new LinkedHashMap<>();
      report.put("routing", routing.describeRouting());
      report.put("row_bytes", shape.rowBytes());
      report.put("points", points.stream().map(SweepPoint::json).toList());
      out.println(JsonMapper.shared().writeValueAsString(report));
    } else {
      out.print(SweepPoint.table(points));
    }
  }
}
