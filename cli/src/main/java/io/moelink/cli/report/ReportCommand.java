package io.moelink.cli.report;

import io.moelink.cli.Main;
import io.moelink.cli.RoutingOptions;
import io.moelink.cli.cost.ShapeOptions;
import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Writes the report of the cost model. */
@Command(
    name = "report",
    description =
        "Writes one page on a fabric and a routing, which needs no network: the fabric, every"
            + " algorithm simulated, timelines, scaling, traffic, published figures, skew.",
    sortOptions = false)
public final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private RoutingOptions routing;
  @Mixin private ShapeOptions rows;

  @Option(
      names = "--out",
      paramLabel = "FILE.html",
      required = true,
      description = "The file to write.")
  private Path out;

  @Option(
      names = "--measured",
      paramLabel = "FILE.json",
      description =
          "What exchange --json printed for the same options; shown beside what is simulated."
              + " Several may be given.")
  private List<Path> measured = List.of();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private ReportCommand() {}

  @Override
  public Integer call() throws IOException {
    if (Files.isDirectory(out)) {
      throw unwritable("a folder", null);
    }
    Map<String, Object> data = new ReportData(routing, rows.shape(), measured).build();
    String page = ReportPage.of(data, routing.topology());
    try {
      Files.writeString(out, page);
    } catch (IOException e) {
      throw unwritable(e.getClass().getSimpleName(), e);
    }
    PrintWriter to = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("file", out.toString());
      result.put("bytes", Files.size(out));
      result.put("fastest", data.get("fastest"));
      to.println(JsonMapper.shared().writeValueAsString(result));
    } else {
      to.printf("report written to %s; %s is fastest%n", out, data.get("fastest"));
    }
    return Main.DONE;
  }

  private InvalidInputException unwritable(String why, IOException cause) {
    return new InvalidInputException(
        "--out: found %s, which cannot be written (%s), expected a path that can"
            .formatted(out, why),
        cause);
  }
}
