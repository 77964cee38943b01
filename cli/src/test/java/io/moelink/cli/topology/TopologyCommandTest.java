package io.moelink.cli.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.Main;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.TopologyJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopologyCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "topology";
    System.arraycopy(args, 0, all, 1, args.length);
    return Main.run(new PrintWriter(out), new PrintWriter(err), all);
  }

  @Test
  void listsPresets() {
    assertThat(run()).isZero();
    assertThat(out.toString()).contains("  ubbv2-Nnode+port10      ", "  flat-R  ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void listsPresetsAsJson() {
    assertThat(run("--json")).isZero();
    assertThat(out.toString())
        .startsWith("{\"presets\":[{\"pattern\":\"ubbv2-Nnode\",\"example\":\"ubbv2-2node\",")
        .endsWith("}]}\n");
  }

  @Test
  void printsOne() {
    assertThat(run("ubbv2-2node")).isZero();
    assertThat(out.toString())
        .contains(
            "topology ubbv2-2node: 16 ranks on 16 cards, 4 VNodes, 2 domains, 2 nodes\n",
            "rows are reduced at: the card, the VNode, the domain, between nodes\n",
            "\n     1       1      3  12-15\n",
            "\n  P2P      20   2             48  each link\n",
            "\n  RDMA     13   5             16  all of a card's links together\n",
            "\n    12     1      3    12    0  13-15     4 RDMA, 9 BLINK\n",
            "\n      12  1 via 4  4        9          own\n");
  }

  @Test
  void largeOnesAreCutAndSaySo() {
    assertThat(run("ubbv2-64node-die")).isZero();
    assertThat(out.toString())
        .contains(
            "  (the first 64 of 128 VNodes; --json has all)\n",
            "  (the first 64 of 1024 ranks; --json has all)\n",
            "  (the first 16 of 128 VNodes; --json has all)\n",
            "and 56 more\n");
  }

  @Test
  void writesAFileThatReadsBack() throws IOException {
    assertThat(run("ubbv2-2node+port10", "--json")).isZero();
    Path file = folder.resolve("mine.json");
    Files.writeString(file, out.toString());
    assertThat(TopologyJson.read(file)).isEqualTo(Topologies.named("ubbv2-2node+port10"));
    out.getBuffer().setLength(0);
    assertThat(run(file.toString())).isZero();
    assertThat(out.toString()).startsWith("topology ubbv2-2node+port10: 16 ranks on 16 cards");
  }

  @Test
  void draws() throws IOException {
    Path svg = folder.resolve("t.svg");
    assertThat(run("pcie-8gpu", "--svg", svg.toString())).isZero();
    assertThat(out.toString()).endsWith("drawing written to " + svg + System.lineSeparator());
    assertThat(Files.readString(svg)).startsWith("<svg ").endsWith("</svg>\n");
  }

  @Test
  void jsonIsAloneOnStandardOutput() throws IOException {
    Path svg = folder.resolve("t.svg");
    assertThat(run("pcie-8gpu", "--json", "--svg", svg.toString())).isZero();
    assertThat(out.toString()).isEqualTo(TopologyJson.write(Topologies.named("pcie-8gpu")));
    assertThat(svg).exists();
  }

  @Test
  void drawingNeedsATopologyAndAPlace() {
    assertThat(run("--svg", "t.svg")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("moelink: --svg: found no topology to draw, expected NAME|FILE.json\n");
    err.getBuffer().setLength(0);
    Path nowhere = folder.resolve("none").resolve("t.svg");
    assertThat(run("pcie-8gpu", "--svg", nowhere.toString())).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "moelink: --svg: found "
                + nowhere
                + ", which cannot be written (NoSuchFileException), expected a path that can\n");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void brokenFileIsOneLine() throws IOException {
    Path file = folder.resolve("mine.json");
    String good = TopologyJson.write(Topologies.named("ubbv2-1node"));
    Files.writeString(file, good.replace("\"mates\": [6]", "\"mates\": [5]"));
    assertThat(run(file.toString())).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString())
        .isEqualTo(
            "moelink: "
                + file
                + ":9: ranks[3].mates: rank 3: found rank 5, whose mate in VNode 0 is rank 0,"
                + " expected rank 3 (mates are mutual)\n");
  }
}
