package io.moelink.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.CommandRun;
import io.moelink.layout.cost.StepKind;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.TopologyJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportCommandTest {
  private static final String DATA = "<script id=\"data\" type=\"application/json\">";

  @TempDir Path folder;

  private CommandRun run(String... options) {
    List<String> args = new ArrayList<>(List.of("report"));
    args.addAll(Arrays.asList(options));
    return CommandRun.of(args.toArray(String[]::new));
  }

  private String page(String... options) throws IOException {
    Path out = folder.resolve("report.html");
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--out", out.toString()));
    CommandRun run = run(all.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualTo("report written to " + out + "; hierarchical is fastest\n");
    return Files.readString(out);
  }

  private static JsonNode data(String page) {
    int from = page.indexOf(DATA) + DATA.length();
    return JsonMapper.shared().readTree(page.substring(from, page.indexOf("</script>", from)));
  }

  @Test
  void holdsAllThatThePageShows() throws IOException {
    String page = page("--tokens-per-rank", "256", "--routing", "zipf:1.1");
    JsonNode data = data(page);

    assertThat(data.get("topology").asString()).isEqualTo("ubbv2-2node");
    assertThat(data.get("routing").asString()).isEqualTo("zipf:1.1, seed 1");
    assertThat(data.get("algorithms")).hasSize(Algorithms.all().size());
    for (JsonNode algorithm : data.get("algorithms")) {
      assertThat(algorithm.get("dispatch").asDouble()).isPositive();
      assertThat(algorithm.get("combine").asDouble()).isPositive();
      assertThat(algorithm.get("dispatchPath").asString()).contains("is busy");
      assertThat(algorithm.get("dispatchLinks").get(0).get("busy").asDouble()).isBetween(0.0, 1.0);
      assertThat(algorithm.get("timeline").get("ranks")).hasSize(4);
      assertThat(algorithm.get("timeline").get("bars")).isNotEmpty();
    }
    assertThat(data.get("variant").get(0).get("topology").asString())
        .isEqualTo("ubbv2-2node+port10");
    assertThat(data.get("byTokens").get("labels")).hasSize(8);
    assertThat(data.get("byNodes").get("series").get("direct")).hasSize(4);
    assertThat(data.get("skew").get("perRank")).hasSize(16);
    assertThat(data.get("skew").get("perExpert")).hasSize(256);
    assertThat(data.get("skew").get("busiestRank").asDouble()).isGreaterThan(1.1);
    assertThat(data.get("figures").size()).isGreaterThan(40);
    for (StepKind kind : StepKind.values()) {
      assertThat(page).as("a colour").contains("    " + kind.label() + ": ['#");
    }
  }

  private static final String EXCHANGE =
      """
      {"topology": "ubbv2-1node", "ranks": 8, "algorithm": "hierarchical", "transport": "loopback",
       "dispatch_ms": {"min": 1, "median": 2.5, "max": 4}, "combine_ms": {"min": 2, "median": 3, "max": 9}}
      """;

  @Test
  void showsWhatWasMeasured() throws IOException {
    Path file = Files.writeString(folder.resolve("m.json"), EXCHANGE);
    JsonNode rows =
        data(page(
                "--topology",
                "ubbv2-1node",
                "--tokens-per-rank",
                "64",
                "--measured",
                file.toString()))
            .get("measured");

    assertThat(rows).hasSize(2);
    assertThat(rows.get(0).get("way").asString()).isEqualTo("dispatch");
    assertThat(rows.get(0).get("median").asDouble()).isEqualTo(2.5);
    assertThat(rows.get(1).get("simulated").asDouble()).isPositive();
  }

  @Test
  void refusesWhatIsNoExchange() throws IOException {
    Path file = folder.resolve("m.json");
    String refused = "moelink: --measured: " + file + ": ";
    Files.writeString(file, EXCHANGE);
    assertThat(measured("ubbv2-2node", file))
        .isEqualTo(refused + "topology: found ubbv2-1node, expected ubbv2-2node\n");
    Files.writeString(file, EXCHANGE.replace("2.5", "-1"));
    assertThat(measured("ubbv2-1node", file))
        .isEqualTo(refused + "dispatch_ms.median: found -1, expected a number above 0\n");
    Files.writeString(file, EXCHANGE.replace("hierarchical", "ring"));
    assertThat(measured("ubbv2-1node", file))
        .isEqualTo(refused + "algorithm: found ring, expected one that is simulated\n");
    Files.writeString(file, "[]");
    assertThat(measured("ubbv2-1node", file))
        .isEqualTo(refused + "content: found ARRAY, expected a JSON object of moelink exchange\n");
    Files.writeString(file, "{");
    assertThat(measured("ubbv2-1node", file))
        .startsWith("moelink: --measured: found " + file + ", which cannot be read (");
  }

  private String measured(String topology, Path file) {
    CommandRun run =
        run(
            "--out",
            folder.resolve("m.html").toString(),
            "--topology",
            topology,
            "--tokens-per-rank",
            "1",
            "--measured",
            file.toString());
    assertThat(run.code()).isEqualTo(2);
    return run.err();
  }

  /** The only addresses in it are those of namespaces and licences. */
  @Test
  void needsNoNetwork() throws IOException {
    String page = page("--tokens-per-rank", "64");

    assertThat(page).doesNotContainPattern("(src|href)\\s*=\\s*[\"']?(https?:)?//");
    assertThat(page).doesNotContain("<link", "@import", "url(http");
    assertThat(page).doesNotContainPattern("@[A-Z]{4,}@");
    assertThat(page).contains("Licensed to the Apache Software Foundation");
  }

  @Test
  void sameInputSamePage() throws IOException {
    assertThat(page("--tokens-per-rank", "64")).isEqualTo(page("--tokens-per-rank", "64"));
  }

  /** A fabric of one's own has no other numbers of nodes, and may have an odd name. */
  @Test
  void takesATopologyFileWithAnyName() throws IOException {
    Path file = folder.resolve("odd.json");
    String json = TopologyJson.write(Topologies.named("ubbv2-1node"));
    String name = "</script><b>@DATA@ & \"$1\\\\";
    Files.writeString(
        file, json.replace("\"ubbv2-1node\"", "\"" + name.replace("\"", "\\\"") + "\""));
    String page = page("--topology", file.toString(), "--tokens-per-rank", "64");

    JsonNode data = data(page);
    assertThat(data.get("topology").asString()).startsWith("</script><b>@DATA@ & ");
    assertThat(data.get("byNodes").get("labels")).isEmpty();
    assertThat(data.get("variant")).isEmpty();
    assertThat(page).contains("<title>moelink report: &lt;/script&gt;&lt;b&gt;@DATA@ &amp; ");
    assertThat(page).doesNotContain("</script><b>");
  }

  @Test
  void aRankWithoutTokensIsFine() throws IOException {
    JsonNode data =
        data(
            page(
                "--topology",
                "ubbv2-1node",
                "--tokens-per-rank",
                "0,5,0,0,9,0,0,40",
                "--experts",
                "16"));

    assertThat(data.get("tokensPerRank").asString()).isEqualTo("0,5,0,0,9,0,0,40");
  }

  @Test
  void jsonSaysWhatWasWritten() {
    Path out = folder.resolve("j.html");
    CommandRun run = run("--out", out.toString(), "--tokens-per-rank", "64", "--json");

    Map<?, ?> json = JsonMapper.shared().readValue(run.out(), Map.class);
    assertThat(json.keySet().stream().map(Object::toString))
        .containsExactly("file", "bytes", "fastest");
    assertThat(json.get("fastest")).isEqualTo("hierarchical");
  }

  @Test
  void refusesWhatItCannotDo() {
    assertThat(run())
        .isEqualTo(
            new CommandRun(
                2,
                "",
                "moelink: Missing required option: '--out=FILE.html', expected what moelink report"
                    + " --help says\n"));
    assertThat(run("--out", folder.toString()))
        .isEqualTo(
            new CommandRun(
                2,
                "",
                "moelink: --out: found "
                    + folder
                    + ", which cannot be written (a folder), expected a path that can\n"));
    Path nowhere = folder.resolve("no/such/report.html");
    assertThat(run("--out", nowhere.toString(), "--tokens-per-rank", "1"))
        .isEqualTo(
            new CommandRun(
                2,
                "",
                "moelink: --out: found "
                    + nowhere
                    + ", which cannot be written (NoSuchFileException), expected a path that"
                    + " can\n"));
    assertThat(run("--out", "x.html", "--hidden", "0").err())
        .isEqualTo("moelink: --hidden: found 0, expected 1 to 16777216\n");
  }
}
