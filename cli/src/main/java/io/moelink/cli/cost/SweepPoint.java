package io.moelink.cli.cost;

import io.moelink.layout.topology.Topology;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One line of a sweep. */
record SweepPoint(
    String topology,
    int ranks,
    String tokens,
    String algorithm,
    double dispatchMillis,
    double combineMillis,
    String bound) {

  static SweepPoint of(Topology fabric, String tokens, Simulated result) {
    return new SweepPoint(
        fabric.name(),
        fabric.rankCount(),
        tokens,
        result.algorithm(),
        result.dispatch().seconds() * 1e3,
        result.combine().seconds() * 1e3,
        SimulateReport.bound(result.dispatch()));
  }

  Map<String, Object> json() {
    Map<String, Object> point = new LinkedHashMap<>();
    point.put("topology", topology);
    point.put("ranks", ranks);
    point.put("tokens_per_rank", tokens);
    point.put("algorithm", algorithm);
    point.put("dispatch_ms", dispatchMillis);
    point.put("combine_ms", combineMillis);
    point.put("busiest", bound);
    return point;
  }

  static String table(List<SweepPoint> points) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%-24s %6s %8s  %-12s %12s %12s  %s%n"
            .formatted(
                "topology",
                "ranks",
                "tokens",
                "algorithm",
                "dispatch ms",
                "combine ms",
                "busiest"));
    for (SweepPoint p : points) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-24s %6d %8s  %-12s %12.3f %12.3f  %s%n",
              p.topology,
              p.ranks,
              p.tokens,
              p.algorithm,
              p.dispatchMillis,
              p.combineMillis,
              p.bound));
    }
    return text.toString();
  }
}
