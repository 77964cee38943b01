package io.moelink.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Figures as one JSON object. */
final class JsonReport {
  private JsonReport() {}

  /**
   * The object, in one line.
   *
   * @param options of the run
   */
  static String of(List<MatchResult> results, CompareOptions options) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("machine", Machine.describe());
    json.put("known_routing", options.knownRouting());
    json.put("verified", true);
    json.put("cases", results.stream().map(JsonReport::match).toList());
    return JsonMapper.shared().writeValueAsString(json);
  }

  private static Map<String, Object> match(MatchResult result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("case", result.name().toString());
    json.put("ranks", result.job().ranks());
    json.put("tokens", result.job().tokens());
    json.put("top_k", result.job().topK());
    json.put("experts", result.job().experts());
    json.put("hidden", result.job().hidden());
    json.put("rounds_dropped", result.dropped());
    Map<String, Object> states = new LinkedHashMap<>();
    for (HostState state : HostState.values()) {
      List<Map<String, Object>> figures = new ArrayList<>();
      Figures.of(result, state).forEach(figure -> figures.add(figure(figure)));
      states.put(state.toString(), figures);
    }
    json.put("states", states);
    return json;
  }

  private static Map<String, Object> figure(Figure figure) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("contestant", figure.contestant());
    json.put("dispatch_ms", figure.dispatchMs());
    json.put("combine_ms", figure.combineMs());
    json.put("time_over", figure.over());
    return json;
  }
}
