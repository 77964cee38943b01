package io.moelink.cli.cost;

import io.moelink.layout.cost.FabricSimulator;
import io.moelink.layout.cost.PublishedFigure;
import io.moelink.layout.cost.PublishedFigures;
import io.moelink.layout.cost.RowCounts;
import io.moelink.layout.cost.RowShape;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** The published estimates, what their rules give, and dispatch simulated in the same case. */
final class PublishedTable {
  /** The dispatch that comes closest to a row's case. */
  private record Case(int row, String topology, String algorithm, int tokens) {}

  private static final List<Case> CASES =
      List.of(
          new Case(7, "ubbv2-1node-die", "allgather", 4096),
          new Case(8, "ubbv2-1node-die", "direct", 4096),
          new Case(10, "ubbv2-2node-die", "allgather", 4096),
          new Case(11, "ubbv2-4node-die", "allgather", 4096),
          new Case(12, "ubbv2-1node-die", "hierarchical", 4096),
          new Case(13, "ubbv2-2node-die", "hierarchical", 2048));

  private static final long ROW_BYTES = 2 * 7168;

  private PublishedTable() {}

  private static double simulate(Case of) {
    Topology topology = Topologies.named(of.topology());
    ExpertPlacement placement = ExpertPlacement.contiguous(256, topology.rankCount());
    int[] tokens = new int[topology.rankCount()];
    Arrays.fill(tokens, of.tokens());
    return new FabricSimulator(topology, RowShape.of(ROW_BYTES))
        .run(
            Algorithms.named(of.algorithm()).dispatch(PlanRequest.of(topology)),
            RowCounts.uniform(topology, placement, 8, tokens))
        .seconds();
  }

  static String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%3s  %-50s %9s %11s %6s  %-4s  %s%n"
            .formatted("row", "case", "published", "recomputed", "off", "unit", "rule"));
    for (PublishedFigure figure : PublishedFigures.all()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%3d  %-50s %9.2f %11.2f %5.1f%%  %-4s  %s%n",
              figure.row(),
              figure.what(),
              figure.published(),
              figure.recomputed(),
              figure.deviation() * 100,
              figure.unit(),
              figure.rule()));
    }
    text.append("%nsimulated here (dispatch alone, uniform routing, K=8 of 256):%n".formatted());
    for (Case of : CASES) {
      text.append(
          String.format(
              Locale.ROOT,
              "%3d  %s on %s, %d tokens a rank: %.2f ms%n",
              of.row(),
              of.algorithm(),
              of.topology(),
              of.tokens(),
              simulate(of) * 1e3));
    }
    return text.toString();
  }

  static String json() {
    List<Map<String, Object>> figures = new ArrayList<>();
    for (PublishedFigure figure : PublishedFigures.all()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("row", figure.row());
      json.put("case", figure.what());
      json.put("unit", figure.unit());
      json.put("published", figure.published());
      json.put("recomputed", figure.recomputed());
      json.put("rule", figure.rule());
      figures.add(json);
    }
    List<Map<String, Object>> simulated = new ArrayList<>();
    for (Case of : CASES) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("row", of.row());
      json.put("topology", of.topology());
      json.put("algorithm", of.algorithm());
      json.put("tokens_per_rank", of.tokens());
      json.put("dispatch_ms", simulate(of) * 1e3);
      simulated.add(json);
    }
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("figures", figures);
    report.put("simulated", simulated);
    return JsonMapper.shared().writeValueAsString(report) + System.lineSeparator();
  }
}
