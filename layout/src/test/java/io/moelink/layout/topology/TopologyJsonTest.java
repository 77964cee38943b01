package io.moelink.layout.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopologyJsonTest {
  /** Two nodes of two cards; every test of a fault changes one place of it. */
  private static final String GOOD =
      """
      {
        "name": "two pairs",
        "ranks": [
          {"rank": 0, "node": 0, "vnode": 0, "card": 0, "mates": [2]},
          {"rank": 1, "node": 0, "vnode": 0, "card": 1, "mates": [3]},
          {"rank": 2, "node": 1, "vnode": 1, "card": 2, "mates": [0]},
          {"rank": 3, "node": 1, "vnode": 1, "card": 3, "mates": [1]}
        ],
        "links": [
          {"from": 0, "to": 1, "kind": "P2P", "gigabytes_per_second": 20, "microseconds": 2},
          {"among": [2, 3], "kind": "P2P", "gigabytes_per_second": 20, "microseconds": 2},
          {"from": 0, "to": 2, "kind": "RDMA", "gigabytes_per_second": 13, "microseconds": 5},
          {"from": 1, "to": 3, "kind": "RDMA", "gigabytes_per_second": 13, "microseconds": 5, "one_way": true},
          {"from": 3, "to": 1, "kind": "RDMA", "gigabytes_per_second": 12.5, "microseconds": 5, "one_way": true}
        ]
      }
      """;

  @TempDir Path folder;

  @Test
  void goodFile() {
    Topology topology = TopologyJson.parse(GOOD, "my.json");
    assertThat(topology.toString())
        .isEqualTo("Topology[name=two pairs, ranks=4, nodes=2, domains=2, vnodes=2]");
    assertThat(topology.entry(1, 1)).isEqualTo(3);
    assertThat(topology.link(1, 3).gigabytesPerSecond()).isEqualTo(13);
    assertThat(topology.link(3, 1).gigabytesPerSecond()).isEqualTo(12.5);
    assertThat(topology.link(3, 2)).isEqualTo(new Link(LinkKind.P2P, 20, 2));
    assertThat(topology.link(0, 3)).isNull();
    assertThat(topology.localCopyGigabytesPerSecond()).isEqualTo(200);
    assertThat(TopologyJson.parse(TopologyJson.write(topology), "again")).isEqualTo(topology);
  }

  @Test
  void measuredRatesOfMemory() {
    MemoryRates rates = new MemoryRates(12.5, 25, 4.25, 15);
    String json = TopologyJson.write(Topologies.named("flat-2").withMemory(rates));
    assertThat(json)
        .contains("\"reduce_gigabytes_per_second\": 4.25,")
        .contains("\"node_copy_gigabytes_per_second\": 15,");
    assertThat(TopologyJson.parse(json, "again").memoryRates()).isEqualTo(rates);
    assertThatThrownBy(
            () -> TopologyJson.parse(json.replace("second\": 15", "second\": 0"), "my.json"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("node_copy_gigabytes_per_second: found 0, expected a number above 0");
  }

  @ParameterizedTest
  @MethodSource("io.moelink.layout.topology.PresetsTest#presets")
  void presetsComeBackFromTheirFile(String name) throws IOException {
    Topology topology = Topologies.named(name);
    Path file = folder.resolve("t.json");
    Files.writeString(file, TopologyJson.write(topology));
    assertThat(Topologies.resolve(file.toString())).isEqualTo(topology);
  }

  @Test
  void largePresetComesBack() {
    Topology topology = Topologies.named("ubbv2-64node-die");
    assertThat(TopologyJson.parse(TopologyJson.write(topology), "again")).isEqualTo(topology);
  }

  @Test
  void groupOfRanksLinkedAlikeIsOneLine() {
    assertThat(TopologyJson.write(Topologies.named("flat-4")))
        .contains(
            "\n    {\"among\": [0, 1, 2, 3], \"kind\": \"SHARED\","
                + " \"gigabytes_per_second\": 10, \"microseconds\": 0.2}\n  ]\n}\n");
  }

  @Test
  void nameIsTheFilesWhereItHasNone() throws IOException {
    Path file = folder.resolve("pairs.json");
    Files.writeString(file, GOOD.replace("  \"name\": \"two pairs\",\n", ""));
    assertThat(TopologyJson.read(file).name()).isEqualTo("pairs");
  }

  private static void assertFault(String json, String message) {
    assertThatThrownBy(() -> TopologyJson.parse(json, "my.json"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }

  private static void assertFault(String good, String bad, String message) {
    assertThat(GOOD).contains(good);
    assertFault(GOOD.replace(good, bad), message);
  }

  @Test
  void mateIsNotMutual() {
    assertFault(
        "\"card\": 1, \"mates\": [3]",
        "\"card\": 1, \"mates\": [2]",
        "my.json:5: ranks[1].mates: rank 1: found rank 2, whose mate in VNode 0 is rank 0,"
            + " expected rank 1 (mates are mutual)");
    assertFault(
        "\"mates\": [0]",
        "\"mates\": []",
        "my.json:4: ranks[0].mates: rank 0: found rank 2, whose mate in VNode 0 is missing,"
            + " expected rank 0 (mates are mutual)");
  }

  @Test
  void mateCannotBe() {
    assertFault(
        "\"mates\": [2]",
        "\"mates\": [1]",
        "my.json:4: ranks[0].mates: rank 0: found rank 1 of the same VNode 0, expected a rank of"
            + " another VNode");
    assertFault(
        "\"mates\": [2]",
        "\"mates\": [2, 3]",
        "my.json:4: ranks[0].mates: rank 0: found ranks 2 and 3 of VNode 1, expected at most one"
            + " mate in a VNode");
    assertFault(
        "\"mates\": [2]",
        "\"mates\": [4]",
        "my.json:4: ranks[0].mates[0]: found rank 4 of 4 ranks, expected 0 to 3");
    assertFault(
        "\"mates\": [2]",
        "\n\"mates\": [2, -1]",
        "my.json:5: ranks[0].mates[1]: found -1, expected a whole number from 0 to 4095");
    assertFault(
        "{\"from\": 0, \"to\": 2",
        "{\"from\": 0, \"to\": 3",
        "my.json:4: ranks[0].mates: rank 0: found rank 2 without a link to it, expected one");
  }

  @Test
  void mateIsMissing() {
    assertFault(
        GOOD.replace("\"mates\": [2]", "\"mates\": []").replace("\"mates\": [0]", "\"mates\": []"),
        "my.json:4: ranks[0].mates: rank 0: found none in domain 1, expected exactly one in every"
            + " other domain");
    assertFault(
        GOOD.replace("\"vnode\"", "\"domain\": 0, \"vnode\"")
            .replace("\"mates\": [2]", "\"mates\": []")
            .replace("\"mates\": [0]", "\"mates\": []"),
        "my.json:4: ranks[0].mates: rank 0: found none in VNode 1, expected one in every other"
            + " VNode of domain 0");
  }

  @Test
  void coordinatesDoNotFit() {
    assertFault(
        "\"rank\": 1, \"node\": 0",
        "\"rank\": 1, \"node\": 1",
        "my.json:5: ranks[1].node: rank 1: found 1, expected 0 like the other ranks of VNode 0");
    assertFault(
        "\"card\": 1",
        "\"card\": 0",
        "my.json:16: ranks: card: found 3 but no card 1, expected numbers from 0 without gaps");
    assertFault(
        "\"card\": 3",
        "\"card\": 2",
        "my.json:7: ranks[3].die: rank 3: found card 2 die 0, which is rank 2 already, expected one"
            + " rank a die");
    assertFault(
        "\"card\": 1", "\"card\": 9", "my.json:5: ranks[1].card: rank 1: found 9, expected 0 to 3");
    assertFault(
        "\"rank\": 1",
        "\"rank\": 0",
        "my.json:5: ranks[1].rank: found rank 0 again, first in line 4, expected every rank once");
    assertFault(
        "\"rank\": 3",
        "\"rank\": 4",
        "my.json:7: ranks[3].rank: found rank 4 of 4 ranks, expected 0 to 3");
  }

  @Test
  void fieldIsWrong() {
    assertFault(
        "\"rank\": 1, \"node\": 0",
        "\"rank\": 1, \"nod\": 0",
        "my.json:5: ranks[1].nod: found an unknown field, expected one of rank, node, domain,"
            + " vnode, card, die, mates");
    assertFault(
        "\"rank\": 1, \"node\": 0",
        "\"rank\": 1",
        "my.json:5: ranks[1].node: found no such field, expected one");
    assertFault(
        "\"rank\": 1, \"node\": 0",
        "\"rank\": 1, \"node\": 0.5",
        "my.json:5: ranks[1].node: found 0.5, expected a whole number from 0 to 4095");
    assertFault(
        "\"rank\": 1, \"node\": 0",
        "\"rank\": 1, \"node\": \"zero\"",
        "my.json:5: ranks[1].node: found \"zero\", expected a whole number from 0 to 4095");
    assertFault(
        "\"rank\": 1, \"node\": 0",
        "\"rank\": 1, \"node\": 99999999999",
        "my.json:5: ranks[1].node: found 99999999999, expected a whole number from 0 to 4095");
    assertFault(
        "\"name\": \"two pairs\"",
        "\"name\": \" \"",
        "my.json:2: name: found \" \", expected a text of 1 to 200 printable characters");
    assertFault(
        "\"name\": \"two pairs\"",
        "\"memory_gigabytes_per_second\": -1",
        "my.json:2: memory_gigabytes_per_second: found -1, expected a number above 0, at most 1e9");
  }

  @Test
  void linkIsWrong() {
    assertFault(
        "\"kind\": \"P2P\", \"gigabytes_per_second\": 20, \"microseconds\": 2},\n    {\"among\"",
        "\"kind\": \"P2P\", \"gigabytes_per_second\": -20, \"microseconds\": 2},\n    {\"among\"",
        "my.json:10: links[0].gigabytes_per_second: found -20, expected a number above 0, at most"
            + " 1e9");
    assertFault(
        "\"gigabytes_per_second\": 12.5, \"microseconds\": 5",
        "\"gigabytes_per_second\": 1e999, \"microseconds\": 5",
        "my.json:14: links[4].gigabytes_per_second: found 1e999, expected a number above 0, at most"
            + " 1e9");
    assertFault(
        "\"gigabytes_per_second\": 12.5, \"microseconds\": 5",
        "\"gigabytes_per_second\": 12.5, \"microseconds\": null",
        "my.json:14: links[4].microseconds: found null, expected a number from 0 to 1e9");
    assertFault(
        "\"gigabytes_per_second\": 12.5, ",
        "",
        "my.json:14: links[4].gigabytes_per_second: found no such field, expected one");
    assertFault(
        "\"from\": 0, \"to\": 2, \"kind\": \"RDMA\"",
        "\"from\": 0, \"to\": 2, \"kind\": \"rdma\"",
        "my.json:12: links[2].kind: found \"rdma\", expected one of D2D, P2P, BLINK, PORT10,"
            + " NVLINK, PCIE, SHARED, RDMA");
    assertFault(
        "\"from\": 0, \"to\": 2",
        "\"from\": 0, \"to\": 4",
        "my.json:12: links[2].to: found rank 4 of 4 ranks, expected 0 to 3");
    assertFault(
        "\"from\": 0, \"to\": 2",
        "\"from\": 0, \"to\": 0",
        "my.json:12: links[2].to: found rank 0 linked to itself, expected another rank");
    assertFault(
        "\"from\": 0, \"to\": 2",
        "\"from\": 1, \"to\": 0",
        "my.json:12: links[2].to: found a second link from rank 1 to rank 0, expected one a"
            + " direction");
    assertFault(
        "\"among\": [2, 3]",
        "\"among\": [0, 1, 2, 3]",
        "my.json:11: links[1].among: found a second link from rank 0 to rank 1, expected one a"
            + " direction");
    assertFault(
        "\"among\": [2, 3]",
        "\"among\": [2, 3], \"to\": 1",
        "my.json:11: links[1].among: found with from, to or one_way, expected without them");
    assertFault(
        "\"among\": [2, 3]",
        "\"among\": [2]",
        "my.json:6: ranks[2].vnode: rank 2: found no link to rank 3, expected one to every rank of"
            + " VNode 1");
    assertFault(
        "\"one_way\": true}\n",
        "\"one_way\": 1}\n",
        "my.json:14: links[4].one_way: found 1, expected true or false");
  }

  @Test
  void notJson() {
    assertFault("", "my.json:1: found the end of the file, expected an object");
    assertFault("[]", "my.json:1: found an array, expected an object");
    assertFault("{}", "my.json:1: ranks: found none, expected 1 to 4096");
    assertFault("{}\n7", "my.json:2: found 7 after the end, expected nothing");
    assertFault(
        "{\"ranks\": [\n{\"rank\": 0,}",
        "my.json:2: ranks[0]: found what is not JSON, expected JSON (Unexpected character ('}'"
            + " (code 125)): was expecting double-quote to start property name)");
    assertFault(
        "{\"ranks\": [\n{\"rank\": 0, \"rank\": 1",
        "my.json:2: ranks[0]: found what is not JSON, expected JSON (Duplicate Object property"
            + " \"rank\")");
    assertFault("{\"ranks\": 3}", "my.json:1: ranks: found 3, expected an array");
  }

  @Test
  void fileIsNotThere() {
    Path file = folder.resolve("none.json");
    assertThatThrownBy(() -> Topologies.resolve(file.toString()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ": found no such file, expected a topology file");
    assertThatThrownBy(() -> Topologies.resolve("a\0.json"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "topology: found \"a\\u0000.json\", expected a path (Nul character not allowed)");
  }

  @Test
  void folderIsNoFile() throws IOException {
    Path file = Files.createDirectory(folder.resolve("folder.json"));
    assertThatThrownBy(() -> TopologyJson.read(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ": cannot be read (a folder), expected a topology file");
  }

  @Test
  void fileIsTooLarge() throws IOException {
    Path file = folder.resolve("large.json");
    try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(TopologyJson.BYTES_MAX + 1L);
    }
    assertThatThrownBy(() -> TopologyJson.read(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ": found more than 67108864 bytes, expected at most that (64 MiB)");
    Topology topology = Topologies.named("ubbv2-512node+port10");
    assertThatThrownBy(() -> TopologyJson.write(topology))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "topology ubbv2-512node+port10: found more than 67108864 bytes of JSON, expected at"
                + " most that (64 MiB)");
  }

  /** Whatever is in the file: a topology, or one line. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void damagedFilesGetOneLine(long seed) {
    Random random = new Random(seed);
    String good = TopologyJson.write(Topologies.named("ubbv2-1node"));
    for (int i = 0; i < 500; i++) {
      StringBuilder text = new StringBuilder(good);
      for (int change = random.nextInt(3); change >= 0; change--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.setLength(at + 1);
          case 1 -> text.setCharAt(at, "0123456789\"{}[],:x\n\0".charAt(random.nextInt(20)));
          default -> text.insert(at, text.substring(at, Math.min(text.length(), at + 40)));
        }
      }
      String bad = text.toString();
      try {
        assertThat(TopologyJson.parse(bad, "my.json").rankCount()).isEqualTo(8);
      } catch (InvalidInputException e) {
        assertThat(e.getMessage())
            .as("seed=%d i=%d", seed, i)
            .startsWith("my.json:")
            .contains("found ")
            .contains("expected ")
            .doesNotContain("\n");
      }
    }
  }
}
