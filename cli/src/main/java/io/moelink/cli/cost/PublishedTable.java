package io.moelink.cli.cost;

import io.moelink.layout.cost.PublishedFigure;
import io.moelink.layout.cost.PublishedFigures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import tools.jackson.databind.json.JsonMapper;

/** The published figures, what their rules give, and our plans simulated in the same case. */
public final class PublishedTable {
  private PublishedTable() {}

  static String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%-6s  %-63s %-4s %9s %9s %6s %9s  %s%n"
            .formatted("row", "case", "unit", "published", "rule", "off", "our plan", "which"));
    for (PublishedFigure figure : PublishedFigures.all()) {
      OptionalDouble off = figure.deviation();
      text.append(
          String.format(
              Locale.ROOT,
              "%-6s  %-63s %-4s %9.2f %9s %6s %9s  %s%n",
              figure.row(),
              figure.what(),
              figure.unit(),
              figure.published(),
              figure.measured() ? "measured" : number("%.2f", figure.byRule()),
              off.isPresent() ? String.format(Locale.ROOT, "%.1f%%", off.getAsDouble() * 100) : "",
              number("%.2f", figure.byPlan()),
              figure.plan()));
    }
    return text.toString();
  }

  private static String number(String format, OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble()) : "";
  }

  /** The rows for JSON: null where there is no figure. */
  public static List<Map<String, Object>> rows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (PublishedFigure figure : PublishedFigures.all()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("row", figure.row());
      json.put("case", figure.what());
      json.put("unit", figure.unit());
      json.put("published", figure.published());
      json.put("measured", figure.measured());
      json.put("rule", figure.rule());
      json.put("recomputed", value(figure.byRule()));
      json.put("rule_simulated", value(figure.simulated()));
      json.put("plan", figure.plan());
      json.put("plan_simulated", value(figure.byPlan()));
      rows.add(json);
    }
    return rows;
  }

  private static Double value(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  static String json() {
    return JsonMapper.shared().writeValueAsString(Map.of("figures", rows()))
        + System.lineSeparator();
  }
}
