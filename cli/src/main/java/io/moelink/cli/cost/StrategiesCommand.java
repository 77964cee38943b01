package io.moelink.cli.cost;

import io.moelink.cli.Main;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.cost.Strategies;
import io.moelink.layout.cost.Strategies.Model;
import io.moelink.layout.cost.Strategies.Row;
import io.moelink.layout.cost.Strategies.Strategy;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Compares parallel strategies of a whole job. */
@Command(
    name = "strategies",
    description =
        "Compares parallel strategies: rows of an expert, and memory and time relative to the first"
            + " strategy (A, t1: attention; M, t2: experts).",
    sortOptions = false)
public final class StrategiesCommand implements Callable<Integer> {
  private static final int FIELDS = 7;
  private static final String FORM = "NODES,TP,EP,DP,PP,MB,LAYERS";

  @Spec private CommandSpec spec;

  @Option(
      names = "--strategy",
      paramLabel = FORM,
      description =
          "Servers, the four kinds of parallelism, samples of a micro-batch, layers of a stage; may"
              + " be given again (default: the seven that the old design compared).")
  private List<String> strategies;

  @Option(
      names = "--experts",
      paramLabel = "E",
      defaultValue = "256",
      description = "Experts of a layer (default: ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "8",
      description = "Experts of a token (default: ${DEFAULT-VALUE}).")
  private int topK;

  @Option(
      names = "--sequence",
      paramLabel = "S",
      defaultValue = "4096",
      description = "Tokens of a sample (default: ${DEFAULT-VALUE}).")
  private int sequence;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private StrategiesCommand() {}

  @Override
  public Integer call() {
    List<Strategy> compared =
        strategies == null
            ? Strategies.COMPARED
            : strategies.stream().map(StrategiesCommand::parse).toList();
    List<Row> rows = Strategies.rows(new Model(experts, topK, sequence), compared);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> report = Map.of("strategies", rows.stream().map(this::json).toList());
      out.println(JsonMapper.shared().writeValueAsString(report));
    } else {
      print(out, rows);
    }
    return Main.DONE;
  }

  private static Strategy parse(String text) {
    String[] parts = text.split(",", -1);
    int[] values = new int[FIELDS];
    boolean valid = parts.length == FIELDS;
    for (int i = 0; valid && i < FIELDS; i++) {
      valid = parts[i].matches("[0-9]{1,6}");
      values[i] = valid ? Integer.parseInt(parts[i]) : 0;
    }
    if (!valid) {
      throw new InvalidInputException(
          "--strategy: found " + text + ", expected " + FORM + " (seven numbers)");
    }
    return new Strategy(
        values[0], values[1], values[2], values[3], values[4], values[5], values[6]);
  }

  private static void print(PrintWriter out, List<Row> rows) {
    out.printf(
        "%2s %5s %3s %4s %4s %3s %3s %6s %12s %12s  %-14s %s%n",
        "#",
        "nodes",
        "TP",
        "EP",
        "DP",
        "PP",
        "MB",
        "layers",
        "rows/expert",
        "experts/rank",
        "memory",
        "time");
    int number = 1;
    for (Row row : rows) {
      Strategy s = row.strategy();
      out.printf(
          "%2d %5d %3d %4d %4d %3d %3d %6d %12s %12d  %-14s %s%n",
          number++,
          s.nodes(),
          s.tp(),
          s.ep(),
          s.dp(),
          s.pp(),
          s.microBatch(),
          s.layersPerStage(),
          number(row.rowsPerExpert()),
          row.expertsPerRank(),
          times(row.attentionMemory(), "A") + " + " + times(row.expertMemory(), "M"),
          times(row.attentionTime(), "t1") + ", " + times(row.expertTime(), "t2"));
    }
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.2f", value);
  }

  /** A multiple of a unit: {@code 2 A}, {@code A}, {@code A/2} or {@code 0.75 A}. */
  private static String times(double value, String unit) {
    if (value == 1) {
      return unit;
    }
    boolean fraction = value < 1 && Math.abs(1 / value - Math.rint(1 / value)) < 1e-9;
    return fraction ? unit + "/" + number(Math.rint(1 / value)) : number(value) + " " + unit;
  }

  private Map<String, Object> json(Row row) {
    Strategy s = row.strategy();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("nodes", s.nodes());
    json.put("tp", s.tp());
    json.put("ep", s.ep());
    json.put("dp", s.dp());
    json.put("pp", s.pp());
    json.put("micro_batch", s.microBatch());
    json.put("layers_per_stage", s.layersPerStage());
    json.put("rows_per_expert", row.rowsPerExpert());
    json.put("experts_per_rank", row.expertsPerRank());
    json.put("attention_memory", row.attentionMemory());
    json.put("expert_memory", row.expertMemory());
    json.put("attention_time", row.attentionTime());
    json.put("expert_time", row.expertTime());
    return json;
  }
}
