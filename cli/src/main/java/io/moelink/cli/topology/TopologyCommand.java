package io.moelink.cli.topology;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import io.moelink.layout.topology.TopologyJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Lists the presets, or prints and draws one topology. */
@Command(
    name = "topology",
    description =
        "Lists presets, or prints one topology: levels, links, mates, relay chains; --svg draws"
            + " it.",
    sortOptions = false)
public final class TopologyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME|FILE.json",
      description = "A preset, or a topology file. Without it the presets are listed.")
  private String name;

  @Option(
      names = "--json",
      description = "Print the topology as a file that can be edited and read back.")
  private boolean json;

  @Option(names = "--svg", paramLabel = "FILE", description = "Write a drawing to FILE.")
  private Path svg;

  /** Made by the command line. */
  public TopologyCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (name == null) {
      if (svg != null) {
        throw new InvalidInputException(
            "--svg: found no topology to draw, expected NAME|FILE.json");
      }
      out.print(json ? presetsAsJson() : presetsAsText());
      return 0;
    }
    Topology topology = Topologies.resolve(name);
    if (svg != null) {
      writeDrawing(topology);
    }
    if (json) {
      out.print(TopologyJson.write(topology));
    } else {
      out.print(TopologyText.of(topology));
      if (svg != null) {
        out.printf("%ndrawing written to %s%n", svg);
      }
    }
    return 0;
  }

  private void writeDrawing(Topology topology) {
    String drawing = TopologyDrawing.draw(topology);
    try {
      Files.writeString(svg, drawing);
    } catch (IOException e) {
      throw new InvalidInputException(
          "--svg: found %s, which cannot be written (%s), expected a path that can"
              .formatted(svg, e.getClass().getSimpleName()),
          e);
    }
  }

  private static String presetsAsText() {
    List<Topologies.Family> families = Topologies.families();
    int width = families.stream().mapToInt(family -> family.pattern().length()).max().orElse(0);
    StringBuilder text = new StringBuilder("presets (N and R are numbers):\n");
    for (Topologies.Family family : families) {
      text.append(
          "  %-".concat(width + "s  %s%n").formatted(family.pattern(), family.description()));
    }
    return text.append(
            "\nor a file of your own: moelink topology ubbv2-2node --json > FILE.json writes one to"
                + " start from\n")
        .toString();
  }

  private static String presetsAsJson() {
    List<Map<String, String>> presets = new ArrayList<>();
    for (Topologies.Family family : Topologies.families()) {
      Map<String, String> preset = new LinkedHashMap<>();
      preset.put("pattern", family.pattern());
      preset.put("example", family.example());
      preset.put("description", family.description());
      presets.add(preset);
    }
    return JsonMapper.shared().writeValueAsString(Map.of("presets", presets)) + "\n";
  }
}
