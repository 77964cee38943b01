package io.moelink.cli.report;

import io.moelink.cli.Progress;
import io.moelink.cli.RoutingOptions;
import io.moelink.cli.cost.PublishedTable;
import io.moelink.cli.cost.Simulated;
import io.moelink.cli.cost.Sweep;
import io.moelink.layout.cost.FabricSimulator;
import io.moelink.layout.cost.LinkUse;
import io.moelink.layout.cost.RowCounts;
import io.moelink.layout.cost.RowShape;
import io.moelink.layout.cost.SimulationResult;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TokenCounts;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All numbers of the page, as the JSON object that its script reads. */
final class ReportData {
  private static final int[] TOKENS = {64, 128, 256, 512, 1024, 2048, 4096, 8192};
  private static final int[] NODES = {1, 2, 4, 8};
  private static final String PORT10 = "+port10";
  private static final int LINKS_MAX = 12;

  private final RoutingOptions routing;
  private final RowShape shape;
  private final List<Path> measured;
  private final Topology topology;
  private Progress progress;

  /**
   * @param measured files of exchanges with the same options
   */
  ReportData(RoutingOptions routing, RowShape shape, List<Path> measured) {
    this.routing = routing;
    this.shape = shape;
    this.measured = measured;
    topology = routing.topology();
  }

  Map<String, Object> build() throws IOException {
    TopK[] choices = routing.load(topology);
    int topK = choices[0].topK();
    RowCounts counts = routing.rowCounts(topology, routing.tokensPerRank());
    int[] tokens = TokenCounts.parse(routing.tokensPerRank(), topology.rankCount());
    List<String> sizes = sizes();
    long steps = (long) (TOKENS.length + sizes.size() + 2) * Algorithms.all().size();
    Map<String, Object> data = new LinkedHashMap<>();
    try (Progress bar = new Progress("report", steps)) {
      progress = bar;
      List<Simulated> results = simulate(topology, counts);
      data.put("measured", new MeasuredFiles(topology, results).rows(measured));
      List<Simulated> even = simulate(topology, uniform(topology, topK, tokens));
      Comparator<Simulated> bySeconds = Comparator.comparingDouble(Simulated::seconds);
      data.put("topology", topology.name());
      data.put("ranks", topology.rankCount());
      data.put("nodes", topology.nodeCount());
      data.put("tokensPerRank", routing.tokensPerRank());
      data.put("experts", routing.experts());
      data.put("topK", topK);
      data.put("rowBytes", shape.rowBytes());
      data.put("routing", routing.describeRouting());
      data.put("recorded", routing.recorded());
      data.put("fastest", results.stream().min(bySeconds).orElseThrow().algorithm());
      data.put("fastestEven", even.stream().min(bySeconds).orElseThrow().algorithm());
      data.put("algorithms", results.stream().map(this::algorithm).toList());
      data.put("even", even.stream().map(ReportData::times).toList());
      data.put("variant", variant());
      data.put("byTokens", byTokens(topK));
      data.put("byNodes", byNodes(sizes, topK));
    }
    data.put("skew", Skew.of(choices, routing.experts(), topology.rankCount()));
    data.put("figures", PublishedTable.rows());
    return data;
  }

  private List<Simulated> simulate(Topology fabric, RowCounts counts) {
    FabricSimulator simulator = new FabricSimulator(fabric, shape);
    PlanRequest request = PlanRequest.of(fabric);
    List<Simulated> results = new ArrayList<>();
    for (Algorithm algorithm : Algorithms.all()) {
      results.add(
          new Simulated(
              algorithm.name(),
              simulator.run(algorithm.dispatch(request), counts),
              simulator.run(algorithm.combine(request), counts)));
      progress.step();
    }
    return results;
  }

  /** Hierarchical with Port-10 links, where the preset has such a variant. */
  private List<Map<String, Object>> variant() throws IOException {
    String name = topology.name();
    if (!name.startsWith("ubbv2-") || topology.nodeCount() < 2 || sizes().isEmpty()) {
      return List.of();
    }
    if (name.endsWith(PORT10)) {
      return List.of();
    }
    Topology fabric = Topologies.named(name + PORT10);
    Algorithm hierarchical = Algorithms.named("hierarchical");
    RowCounts counts = routing.rowCounts(fabric, routing.tokensPerRank());
    FabricSimulator simulator = new FabricSimulator(fabric, shape);
    PlanRequest request = PlanRequest.of(fabric);
    Map<String, Object> times =
        times(
            new Simulated(
                hierarchical.name(),
                simulator.run(hierarchical.dispatch(request), counts),
                simulator.run(hierarchical.combine(request), counts)));
    times.put("topology", fabric.name());
    return List.of(times);
  }

  private RowCounts uniform(Topology fabric, int topK, int[] tokens) {
    ExpertPlacement placement = ExpertPlacement.contiguous(routing.experts(), fabric.rankCount());
    return RowCounts.uniform(fabric, placement, topK, tokens);
  }

  private RowCounts uniform(Topology fabric, int topK, int tokens) {
    int[] each = new int[fabric.rankCount()];
    Arrays.fill(each, tokens);
    return uniform(fabric, topK, each);
  }

  private static Map<String, Object> times(Simulated result) {
    Map<String, Object> times = new LinkedHashMap<>();
    times.put("algorithm", result.algorithm());
    times.put("dispatch", result.dispatch().seconds() * 1e3);
    times.put("combine", result.combine().seconds() * 1e3);
    return times;
  }

  private Map<String, Object> algorithm(Simulated result) {
    Map<String, Object> data = times(result);
    data.put("dispatchPath", result.dispatch().criticalPath());
    data.put("combinePath", result.combine().criticalPath());
    data.put("dispatchLinks", links(result.dispatch()));
    data.put("combineLinks", links(result.combine()));
    data.put("dispatchBytes", bytes(result.dispatch()));
    data.put("combineBytes", bytes(result.combine()));
    data.put("timeline", new TimelineData(topology, result).rows());
    return data;
  }

  private static Map<String, Object> bytes(SimulationResult result) {
    Map<String, Object> bytes = new LinkedHashMap<>();
    for (LinkKind kind : LinkKind.values()) {
      Double moved = result.bytesByLink().get(kind);
      if (moved != null) {
        bytes.put(kind.name(), moved);
      }
    }
    return bytes;
  }

  /** The busiest of each kind first, then the busiest of all. */
  private static List<Map<String, Object>> links(SimulationResult result) {
    List<LinkUse> shown = new ArrayList<>();
    for (LinkKind kind : LinkKind.values()) {
      result.links().stream().filter(use -> use.kind() == kind).findFirst().ifPresent(shown::add);
    }
    for (LinkUse use : result.links()) {
      if (shown.size() < LINKS_MAX && !shown.contains(use)) {
        shown.add(use);
      }
    }
    shown.sort(Comparator.comparingDouble(LinkUse::busyShare).reversed());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (LinkUse use : shown) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", use.name());
      row.put("kind", use.kind().name());
      row.put("bytes", use.bytes());
      row.put("busy", use.busyShare());
      rows.add(row);
    }
    return rows;
  }

  private Map<String, Object> byTokens(int topK) {
    List<String> labels = new ArrayList<>();
    List<List<Simulated>> points = new ArrayList<>();
    for (int tokens : TOKENS) {
      labels.add(Integer.toString(tokens));
      points.add(simulate(topology, uniform(topology, topK, tokens)));
    }
    return curve(labels, points);
  }

  /** Presets of the same family with other numbers of nodes; none where there is no family. */
  private List<String> sizes() {
    List<String> names = new ArrayList<>();
    String name = topology.name();
    if (Sweep.sized(name) && Topologies.named(name).equals(topology)) {
      for (int nodes : NODES) {
        // a link to another node needs two
        if (nodes > 1 || !name.endsWith(PORT10)) {
          names.add(Sweep.withNodes(name, Integer.toString(nodes)));
        }
      }
    }
    return names;
  }

  private Map<String, Object> byNodes(List<String> names, int topK) {
    int tokens = TokenCounts.parse(routing.tokensPerRank(), topology.rankCount())[0];
    List<String> labels = new ArrayList<>();
    List<List<Simulated>> points = new ArrayList<>();
    for (String name : names) {
      Topology fabric = Topologies.named(name);
      labels.add(Integer.toString(fabric.nodeCount()));
      points.add(simulate(fabric, uniform(fabric, topK, tokens)));
    }
    Map<String, Object> curve = curve(labels, points);
    curve.put("tokens", tokens);
    return curve;
  }

  private static Map<String, Object> curve(List<String> labels, List<List<Simulated>> points) {
    Map<String, Object> series = new LinkedHashMap<>();
    for (int a = 0; a < Algorithms.all().size(); a++) {
      int number = a;
      series.put(
          Algorithms.names().get(a),
          points.stream().map(point -> point.get(number).seconds() * 1e3).toList());
    }
    Map<String, Object> curve = new LinkedHashMap<>();
    curve.put("labels", labels);
    curve.put("series", series);
    return curve;
  }
}
