package io.moelink.cli.cost;

import io.moelink.layout.cost.LinkUse;
import io.moelink.layout.cost.SimulationResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Results of a simulation, as text and as JSON. */
final class SimulateReport {
  private SimulateReport() {}

  /** The busiest link in a few words. */
  static String bound(SimulationResult result) {
    LinkUse most = result.busiest();
    return most == null
        ? "nothing"
        : String.format(Locale.ROOT, "%s %.0f %%", most.name(), most.busyShare() * 100);
  }

  static String text(List<Simulated> results) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%-12s %12s %12s %12s  %s%n"
            .formatted("algorithm", "dispatch ms", "combine ms", "sum ms", "busiest in dispatch"));
    for (Simulated result : results) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-12s %12.3f %12.3f %12.3f  %s%n",
              result.algorithm(),
              result.dispatch().seconds() * 1e3,
              result.combine().seconds() * 1e3,
              result.seconds() * 1e3,
              bound(result.dispatch())));
    }
    for (Simulated result : results) {
      details(text, result.dispatch());
      details(text, result.combine());
    }
    return text.toString();
  }

  private static void details(StringBuilder text, SimulationResult result) {
    text.append(
        String.format(
            Locale.ROOT,
            "%n%s: %.3f ms, %.1f MB between ranks%n",
            result.plan(),
            result.seconds() * 1e3,
            result.bytes() / 1e6));
    List<String> steps = new ArrayList<>();
    result
        .secondsByKind()
        .forEach(
            (kind, seconds) ->
                steps.add(String.format(Locale.ROOT, "%s %.3f ms", kind.label(), seconds * 1e3)));
    text.append("  steps: ").append(String.join(", ", steps)).append(System.lineSeparator());
    List<String> links = new ArrayList<>();
    result
        .bytesByLink()
        .forEach(
            (kind, bytes) -> {
              LinkUse most =
                  result.links().stream()
                      .filter(use -> use.kind() == kind)
                      .findFirst()
                      .orElseThrow();
              links.add(
                  String.format(
                      Locale.ROOT,
                      "%s %.1f MB (busiest %.0f %%)",
                      kind,
                      bytes / 1e6,
                      most.busyShare() * 100));
            });
    text.append("  links: ").append(String.join(", ", links)).append(System.lineSeparator());
    text.append("  path: ").append(result.criticalPath()).append(System.lineSeparator());
  }

  static Map<String, Object> json(Simulated result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("algorithm", result.algorithm());
    json.put("dispatch", json(result.dispatch()));
    json.put("combine", json(result.combine()));
    return json;
  }

  private static Map<String, Object> json(SimulationResult result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("ms", result.seconds() * 1e3);
    Map<String, Object> steps = new LinkedHashMap<>();
    result.secondsByKind().forEach((kind, seconds) -> steps.put(kind.label(), seconds * 1e3));
    json.put("ms_by_step", steps);
    json.put("bytes", result.bytes());
    Map<String, Object> bytes = new LinkedHashMap<>();
    result.bytesByLink().forEach((kind, moved) -> bytes.put(kind.name(), moved));
    json.put("bytes_by_link", bytes);
    json.put("links", result.links().stream().map(SimulateReport::json).toList());
    json.put("critical_path", result.criticalPath());
    return json;
  }

  private static Map<String, Object> json(LinkUse use) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", use.name());
    json.put("kind", use.kind().name());
    json.put("bytes", use.bytes());
    json.put("gbps", use.gigabytesPerSecond());
    json.put("busy", use.busyShare());
    return json;
  }
}
