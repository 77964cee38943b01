package io.moelink.cli.report;

import io.moelink.cli.topology.TopologyDrawing;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/** Puts styles, script, plotting library, drawing and data into one page. */
final class ReportPage {
  private static final Pattern PART = Pattern.compile("@([A-Z]+)@");

  private ReportPage() {}

  static String of(Map<String, Object> data, Topology topology) {
    // "<" could end or nest the element that holds it
    String json = JsonMapper.shared().writeValueAsString(data).replace("<", "\\u003c");
    Map<String, String> parts =
        Map.of(
            "TITLE", escaped("moelink report: " + topology.name()),
            "STYLE", resource("report.css"),
            "DRAWING", TopologyDrawing.draw(topology),
            "DATA", json,
            "PLOTS", resource("echarts.min.js"),
            "SCRIPT", resource("report.js"));
    return PART.matcher(resource("report.html"))
        .replaceAll(part -> Matcher.quoteReplacement(parts.get(part.group(1))));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource " + name + " is missing: the build fetches it");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
