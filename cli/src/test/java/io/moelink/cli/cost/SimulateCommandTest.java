package io.moelink.cli.cost;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SimulateCommandTest {
  @TempDir Path folder;

  private static CommandRun run(String args) {
    return CommandRun.of(("simulate " + args).split(" "));
  }

  private static JsonNode json(String args) {
    CommandRun run = run(args + " --json");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return JsonMapper.shared().readTree(run.out());
  }

  /**
   * Every rank sends all tokens to the other with probability 1 - C(128, 8) / C(256, 8) = 0.99651,
   * and has 4 rows for each at both: (997 of its own + 997 of the other's + 8000 written) x 10 kB /
   * 2; back 8000 rows are read, and 1000 written.
   */
  @Test
  void textOfOneAlgorithm() {
    CommandRun run =
        run("--topology flat-2 --tokens-per-rank 1000 --hidden 5000 --algorithm direct");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
            flat-2, 2 ranks, 1000 tokens a rank, rows of 10000 bytes, uniform, seed 1

            algorithm     dispatch ms   combine ms       sum ms  busiest in dispatch
            direct              4.500        4.500        9.000  memory of rank 0 100 %

            direct dispatch: 4.500 ms, 19.9 MB between ranks
              steps: scatter 4.500 ms
              links: LOCAL 90.0 MB (busiest 100 %), SHARED 19.9 MB (busiest 22 %)
              path: memory of rank 0 is busy 100 % of the time; everything else hides behind it; the\
             last to end: scatter 0->1 (4.500 ms, held by memory of rank 0)

            direct combine: 4.500 ms, 80.0 MB between ranks
              steps: reduce 4.500 ms
              links: LOCAL 90.0 MB (busiest 100 %), SHARED 80.0 MB (busiest 89 %)
              path: memory of rank 0 is busy 100 % of the time; everything else hides behind it; the\
             last to end: reduce 1->0 (4.500 ms, held by memory of rank 0)
            """);
  }

  @Test
  void jsonComparesAllAlgorithms() {
    JsonNode report = json("--tokens-per-rank 4096");
    assertThat(report.propertyNames())
        .containsExactly("topology", "ranks", "routing", "row_bytes", "fastest", "algorithms");
    assertThat(report.get("fastest").asString()).isEqualTo("hierarchical");
    assertThat(report.get("algorithms")).hasSize(4);
    JsonNode dispatch = report.get("algorithms").get(0).get("dispatch");
    assertThat(dispatch.propertyNames())
        .containsExactly("ms", "ms_by_step", "bytes", "bytes_by_link", "links", "critical_path");
    assertThat(dispatch.get("ms").asDouble()).isBetween(5.0, 8.0);
    assertThat(dispatch.get("links").get(0).propertyNames())
        .containsExactly("name", "kind", "bytes", "gbps", "busy");
    for (JsonNode link : dispatch.get("links")) {
      assertThat(link.get("busy").asDouble()).isBetween(0.0, 1.0);
    }
  }

  /** Skewed and generated routing is counted row by row. */
  @Test
  void skewCosts() {
    String options = "--tokens-per-rank 256 --algorithm hierarchical";
    double uniform = dispatch(json(options));
    assertThat(dispatch(json(options + " --routing zipf:1.2"))).isGreaterThan(1.3 * uniform);
  }

  private static double dispatch(JsonNode report) {
    return report.get("algorithms").get(0).get("dispatch").get("ms").asDouble();
  }

  @Test
  void sweep() {
    JsonNode report = json("--sweep tokens=128,512 nodes=1,2 --algorithm hierarchical");
    assertThat(report.get("points")).hasSize(4);
    JsonNode last = report.get("points").get(3);
    assertThat(last.get("topology").asString()).isEqualTo("ubbv2-2node");
    assertThat(last.get("tokens_per_rank").asString()).isEqualTo("512");
    assertThat(last.get("dispatch_ms").asDouble())
        .isGreaterThan(report.get("points").get(1).get("dispatch_ms").asDouble());

    CommandRun text = run("--sweep tokens=0 --topology flat-1 --algorithm direct");
    assertThat(text.out())
        .isEqualTo(
            """
            topology                  ranks   tokens  algorithm     dispatch ms   combine ms  busiest
            flat-1                        1        0  direct              0.000        0.000  nothing
            """);
  }

  /** What the format asks for, and that events of one thread do not cross. */
  @Test
  void traceIsValid() throws IOException {
    Path file = folder.resolve("trace.json");
    CommandRun run =
        run("--topology nvlink-2x8 --tokens-per-rank 64 --algorithm direct --trace " + file);
    assertThat(run.code()).isZero();
    assertThat(run.out()).endsWith("\ntimeline of direct written to " + file + "\n");
    JsonNode trace = JsonMapper.shared().readTree(Files.readString(file));
    Map<String, Double> busyUntil = new HashMap<>();
    int names = 0;
    int steps = 0;
    for (JsonNode event : trace.get("traceEvents")) {
      if (event.get("ph").asString().equals("M")) {
        assertThat(event.get("args").get("name").asString()).isEqualTo("rank " + names++);
        continue;
      }
      assertThat(event.get("ph").asString()).isEqualTo("X");
      assertThat(event.get("dur").asDouble()).isPositive();
      double start = event.get("ts").asDouble();
      String thread = event.get("pid") + "/" + event.get("tid");
      assertThat(start).isGreaterThanOrEqualTo(busyUntil.getOrDefault(thread, 0.0) - 1e-6);
      busyUntil.put(thread, start + event.get("dur").asDouble());
      steps++;
    }
    assertThat(names).isEqualTo(16);
    // 8 pushes and 16 permutes a rank, then 15 sums of its own partials, 8 pushes and one sum
    assertThat(steps).isGreaterThan(16 * 30);
  }

  @Test
  void publishedFigures() {
    assertThat(run("--published").out())
        .startsWith("row     case ")
        .contains("1       pcie-8gpu all-to-all, S bytes a rank   ")
        .contains("   GB/s    102.40    102.40   0.0%    ")
        .contains("  hierarchical on ubbv2-1node-die, 4096 tokens a die, column-major\n");
    assertThat(json("--published").get("figures").size()).isGreaterThan(25);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--sweep foo=3|--sweep: found foo=3, expected tokens=T0,T1,... or nodes=N0,N1,...",
        "--sweep nodes|--sweep: found nodes, expected tokens=T0,T1,... or nodes=N0,N1,...",
        "--sweep nodes=1,x|--sweep: found \"x\" in nodes=1,x, expected a number 0 to 999999",
        "--sweep tokens=|--sweep: found \"\" in tokens=, expected a number 0 to 999999",
        "--sweep nodes=0|topology ubbv2-0node: found 0 nodes, expected 1 to 512",
        "--sweep nodes=2 --topology flat-3|--sweep: found nodes= with topology flat-3, expected a"
            + " preset with a number of nodes (ubbv2-Nnode..., nvlink-Nx8)",
        "--sweep tokens=1 --trace x|--trace: found it beside --sweep, expected one of the two",
        "--sweep tokens=1 --ids x.npy|--ids: found it beside --sweep, expected generated routing",
        "--trace /no/such/t.json --topology flat-1|--trace: found /no/such/t.json, which cannot be"
            + " written (NoSuchFileException), expected a path that can",
        "--hidden 0|--hidden: found 0, expected 1 to 16777216",
        "--dtype int8|--dtype: found int8, expected bf16, fp16 or fp32",
        "--chunk-rows 0|--chunk-rows: found 0, expected 1 or more",
        "--algorithm fast|algorithm: found fast, expected one of direct, hierarchical, allgather,"
            + " relay",
        "--staging SOME|staging: found SOME, expected one of FULL, PER_PEER, UNION",
        "--top-k 9 --experts 8|top-k: found 9, expected 1 to the 8 experts",
        "--layer 1|--layer: found 1 without --ids"
      })
  void badInput(String args, String message) {
    CommandRun run = run(args);
    assertThat(run.err()).isEqualTo("moelink: " + message + "\n");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void sweepOfNodesNeedsAPreset() throws IOException {
    Path file = folder.resolve("own.json");
    String preset = CommandRun.of("topology", "ubbv2-1node", "--json").out();
    String slower =
        preset.replaceFirst(
            "\"gigabytes_per_second\"\\s*:\\s*20(\\.0)?", "\"gigabytes_per_second\": 19");
    assertThat(slower).isNotEqualTo(preset);
    Files.writeString(file, slower);
    CommandRun run = run("--sweep nodes=1,2 --topology " + file);
    assertThat(run.err())
        .isEqualTo("moelink: --sweep: found nodes= with a topology file, expected a preset\n");
    assertThat(run.code()).isEqualTo(2);
  }
}
