package io.moelink.cli.report;

import io.moelink.cli.cost.Simulated;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code moelink exchange --json} printed, beside what is simulated. */
final class MeasuredFiles {
  private static final long BYTES_MAX = 1 << 20;
  private static final String[] WAYS = {"dispatch", "combine"};

  private final Topology topology;
  private final List<Simulated> simulated;

  MeasuredFiles(Topology topology, List<Simulated> simulated) {
    this.topology = topology;
    this.simulated = simulated;
  }

  /**
   * A row for each way of each file: milliseconds.
   *
   * @throws InvalidInputException when a file is not of this topology, or none of an exchange
   */
  List<Map<String, Object>> rows(List<Path> files) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Path file : files) {
      JsonNode found = read(file);
      expect(file, "topology", text(found, "topology"), topology.name());
      expect(file, "ranks", text(found, "ranks"), Integer.toString(topology.rankCount()));
      String algorithm = text(found, "algorithm");
      Simulated same =
          simulated.stream()
              .filter(s -> s.algorithm().equals(algorithm))
              .findFirst()
              .orElseThrow(() -> fault(file, "algorithm", algorithm, "one that is simulated"));
      for (String way : WAYS) {
        JsonNode times = found.path(way + "_ms");
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("algorithm", algorithm);
        row.put("way", way);
        row.put("transport", text(found, "transport"));
        for (String part : List.of("min", "median", "max")) {
          row.put(part, milliseconds(file, way + "_ms." + part, times.path(part)));
        }
        row.put(
            "simulated",
            1e3 * (way.equals("dispatch") ? same.dispatch() : same.combine()).seconds());
        rows.add(row);
      }
    }
    return rows;
  }

  private static JsonNode read(Path file) {
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw fault(file, "size", Files.size(file), "at most " + BYTES_MAX + " bytes");
      }
      JsonNode found = JsonMapper.shared().readTree(Files.readString(file));
      if (!found.isObject()) {
        throw fault(file, "content", found.getNodeType(), "a JSON object of moelink exchange");
      }
      return found;
    } catch (IOException | JacksonException e) {
      throw new InvalidInputException(
          "--measured: found %s, which cannot be read (%s), expected what exchange --json prints"
              .formatted(file, e.getClass().getSimpleName()),
          e);
    }
  }

  private static String text(JsonNode found, String field) {
    return found.path(field).asString("nothing");
  }

  private static double milliseconds(Path file, String field, JsonNode value) {
    if (!value.isNumber() || !(value.asDouble() > 0)) {
      throw fault(file, field, value.isMissingNode() ? "nothing" : value, "a number above 0");
    }
    return value.asDouble();
  }

  private static void expect(Path file, String field, String found, String expected) {
    if (!found.equals(expected)) {
      throw fault(file, field, found, expected);
    }
  }

  private static InvalidInputException fault(
      Path file, String field, Object found, String expected) {
    return new InvalidInputException(
        "--measured: %s: %s: found %s, expected %s".formatted(file, field, found, expected));
  }
}
