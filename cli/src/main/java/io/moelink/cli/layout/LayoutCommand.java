package io.moelink.cli.layout;

import io.moelink.cli.Main;
import io.moelink.cli.RoutingOptions;
import io.moelink.cli.StagingOption;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Computes one rank's layouts and writes them as .npy files. */
@Command(
    name = "layout",
    description = "Computes one rank's layouts and writes them as .npy files.",
    sortOptions = false)
public final class LayoutCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private RoutingOptions routing;

  @Mixin private StagingOption staging;

  @Option(
      names = "--rank",
      paramLabel = "G",
      required = true,
      description = "The rank whose layouts to write.")
  private int rank;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "The folder to write to.")
  private Path out;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private LayoutCommand() {}

  @Override
  public Integer call() throws IOException {
    Topology topology = routing.topology();
    if (rank < 0 || rank >= topology.rankCount()) {
      throw new InvalidInputException(
          "--rank: found %d, expected 0 to %d (topology %s has %d ranks)"
              .formatted(rank, topology.rankCount() - 1, topology.name(), topology.rankCount()));
    }
    OutputFolder folder = new OutputFolder(out);
    LayoutFiles files = new LayoutFiles(gather(topology), staging.policy(), rank);
    Map<String, NpyArray> arrays = files.all();
    folder.write(arrays);
    print(topology, arrays);
    return Main.DONE;
  }

  private GatheredRouting gather(Topology topology) throws IOException {
    TopK[] choices = routing.load(topology);
    ExpertPlacement placement = ExpertPlacement.contiguous(routing.experts(), topology.rankCount());
    return new GatheredRouting(
        topology,
        placement,
        choices[0].topK(),
        Arrays.stream(choices).map(c -> RoutingIndex.of(c, placement, topology)).toList());
  }

  private void print(Topology topology, Map<String, NpyArray> arrays) {
    PrintWriter to = spec.commandLine().getOut();
    long rows = arrays.get("permute.npy").shape()[0];
    if (json) {
      Map<String, Object> report = new LinkedHashMap<>();
      report.put("topology", topology.name());
      report.put("ranks", topology.rankCount());
      report.put("rank", rank);
      report.put("expert_rows", rows);
      report.put("files", arrays.keySet());
      to.println(JsonMapper.shared().writeValueAsString(report));
    } else {
      to.printf(
          "rank %d of %d on %s, %s: %d expert rows; %d files in %s%n",
          rank,
          topology.rankCount(),
          topology.name(),
          routing.describeRouting(),
          rows,
          arrays.size(),
          out);
    }
  }
}
