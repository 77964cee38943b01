package io.moelink.cli.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.moelink.cli.CommandRun;
import io.moelink.layout.topology.Topology;
import io.moelink.layout.topology.TopologyJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TransportCommandTest {
  @TempDir Path folder;

  private CommandRun run(String args) {
    String[] words = args.replace("OUT", folder.resolve("links.json").toString()).split(" ");
    String[] all = new String[words.length + 2];
    all[0] = "bench";
    all[1] = "transport";
    System.arraycopy(words, 0, all, 2, words.length);
    return CommandRun.of(all);
  }

  @Test
  void writesATopologyThatSimulateTakes() throws IOException {
    CommandRun run = run("--transport loopback --topology flat-3 --rounds 1 --out OUT --json");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertThat(json.get("transport").asString()).startsWith("loopback (");
    Topology topology = TopologyJson.read(folder.resolve("links.json"));
    assertThat(topology.rankCount()).isEqualTo(3);
    assertThat(topology.memoryRates().sharedByNode()).isTrue();
    assertThat(topology.memoryRates().nodeCopy())
        .isCloseTo(json.get("copy_together_gbps").asDouble(), withinPercentage(0.1));
    assertThat(topology.link(0, 1).microseconds())
        .isCloseTo(json.get("signal_microseconds").asDouble(), withinPercentage(0.1));
    // which memory was measured as the slower one depends on what else runs here
    Path slowNode = folder.resolve("slow-node.json");
    Files.writeString(
        slowNode,
        Files.readString(folder.resolve("links.json"))
            .replaceFirst("(\"node_copy_gigabytes_per_second\": )[0-9.]+", "$10.001"));
    CommandRun simulated =
        CommandRun.of("simulate", "--topology", slowNode.toString(), "--tokens-per-rank", "64");
    assertThat(simulated.code()).as(simulated.err()).isZero();
    assertThat(simulated.out()).contains("memory of node 0");
  }

  @Test
  void saysWhatItMeasured() {
    assertThat(run("--topology flat-2 --rounds 1 --out OUT").out())
        .contains("copies of one rank alone")
        .contains("sums of all at once")
        .contains("signal to another rank")
        .contains("use it as --topology ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--out OUT --topology ubbv2-1node|--topology: found ubbv2-1node with links [P2P, BLINK] in"
            + " 1 nodes, expected SHARED links in one, as flat-2",
        "--topology flat-2|--out: found nothing, expected a file to write",
        "--topology flat-3 --against-ucx-perftest|--against-ucx-perftest: found 3 ranks (topology"
            + " flat-3), expected 2, as flat-2",
        "--out OUT --topology flat-1|--topology: found flat-1 with links [] in 1 nodes, expected"
            + " SHARED links in one, as flat-2",
        "--out OUT --rounds 0|--rounds: found 0, expected 1 to 10000",
        "--out /no/such/l.json --rounds 1|--out: found /no/such/l.json, which cannot be written"
            + " (NoSuchFileException), expected a path that can",
        "--out /tmp|--out: found /tmp, which cannot be written (a folder), expected a path that"
            + " can",
        "--out OUT --transport carrier|--transport: found carrier, expected one of loopback, shm,"
            + " ucx"
      })
  void badInput(String args, String message) {
    CommandRun run = run(args);
    assertThat(run.err()).isEqualTo("moelink: " + message + "\n");
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void benchAloneIsNoCommand() {
    CommandRun run = CommandRun.of("bench");
    assertThat(run.err())
        .isEqualTo("moelink: found no command, expected what moelink bench --help says\n");
    assertThat(run.code()).isEqualTo(2);
  }
}
