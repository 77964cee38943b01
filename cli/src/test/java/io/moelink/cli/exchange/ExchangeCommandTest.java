package io.moelink.cli.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.CommandRun;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ExchangeCommandTest {
  private static final Path TRACE = Path.of("../../shared/traces/gptoss20b_topk_ids.npy");

  @TempDir Path folder;

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    String[] algorithms = {"direct", "hierarchical", "allgather", "relay"};
    String[] types = {"bf16", "fp16", "fp32"};
    String[] presets = {
      "ubbv2-1node",
      "ubbv2-1node-die",
      "ubbv2-2node",
      "ubbv2-2node+port10",
      "ubbv2-2node-die",
      "ubbv2-2node-die+port10",
      "ubbv2-4node-die",
      "ocs-1node-die",
      "pcie-8gpu",
      "nvlink-2x8",
      "flat-4"
    };
    int n = 0;
    for (String preset : presets) {
      for (String algorithm : algorithms) {
        cases.add(Arguments.of(preset, algorithm, types[n++ % types.length]));
      }
    }
    return cases.stream();
  }

  /** Real routing where it is there; ubbv2-4node-die has more ranks than the trace has experts. */
  @ParameterizedTest
  @MethodSource("cases")
  void everyPresetAndAlgorithmIsVerified(String preset, String algorithm, String type)
      throws IOException {
    List<String> args =
        new ArrayList<>(
            List.of("exchange", "--topology", preset, "--algorithm", algorithm, "--dtype", type));
    args.addAll(List.of("--hidden", "48", "--iterations", "1", "--verify", "--json"));
    args.addAll(List.of("--experts", "32", "--tokens-per-rank", "24"));
    if (Files.exists(TRACE)) {
      args.addAll(List.of("--ids", TRACE.toString(), "--layer", "12"));
    } else {
      System.out.println("no recorded routing here: generated routing instead");
      args.addAll(List.of("--routing", "zipf:1.2", "--top-k", "4"));
    }
    CommandRun run = CommandRun.of(args.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertThat(json.get("verified").asBoolean()).isTrue();
    assertThat(json.get("algorithm").asString()).isEqualTo(algorithm);
    assertThat(json.get("expert_rows").asInt()).isEqualTo(24 * 4 * json.get("ranks").asInt());
    assertThat(run.code()).isZero();
  }

  @Test
  void skewedRoutingIsVerified() {
    CommandRun run =
        CommandRun.of(
            "exchange --experts 256 --routing zipf:1.2 --top-k 8 --hidden 32 --tokens-per-rank 40"
                .concat(" --iterations 2 --verify --json")
                .split(" "));
    assertThat(run.out()).contains("\"verified\":true");
  }

  @Test
  void jsonHasTheFieldsThatItPromises() {
    CommandRun run =
        CommandRun.of(
            "exchange --topology flat-2 --experts 4 --top-k 2 --hidden 8 --tokens-per-rank 3,0"
                .concat(" --iterations 3 --json")
                .split(" "));
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertThat(json.propertyNames())
        .containsExactly(
            "topology",
            "ranks",
            "algorithm",
            "transport",
            "dispatch_ms",
            "combine_ms",
            "unique_rows",
            "expert_rows",
            "bytes_by_link",
            "dispatch_bytes_by_link",
            "combine_bytes_by_link",
            "dispatch_gbps",
            "combine_gbps",
            "verified",
            "asked",
            "staging",
            "chunk_rows",
            "why");
    assertThat(json.get("dispatch_ms").propertyNames()).containsExactly("min", "median", "max");
    assertThat(json.get("verified").isNull()).isTrue();
    assertThat(json.get("expert_rows").asInt()).isEqualTo(6);
  }

  @Test
  void outputsAreTheSameBytesForAllAlgorithmsAndAsWritten() throws IOException {
    Path rows = folder.resolve("rows.npy");
    float[] values = new float[4 * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = i + 1;
    }
    NpyFile.write(rows, NpyArray.ofFloats(values, 4, 3));
    Path ids = folder.resolve("ids.npy");
    NpyFile.write(ids, NpyArray.ofInts(new int[] {0, 1, 1, 3, 2, -1, -1, -1}, 4, 2));
    for (String algorithm : new String[] {"direct", "hierarchical", "allgather", "relay"}) {
      Path out = folder.resolve(algorithm);
      CommandRun run =
          CommandRun.of(
              "exchange",
              "--topology",
              "flat-2",
              "--experts",
              "4",
              "--hidden",
              "3",
              "--dtype",
              "fp32",
              "--tokens-per-rank",
              "3,1",
              "--iterations",
              "1",
              "--algorithm",
              algorithm,
              "--ids",
              ids.toString(),
              "--rows",
              rows.toString(),
              "--out",
              out.toString(),
              "--verify");
      assertThat(run.err()).isEmpty();
      // rank 0 holds experts 0 and 1: token 0, then tokens 0 and 1
      assertThat(NpyFile.read(out.resolve("rank000_dispatched.npy")).toFloats())
          .containsExactly(1, 2, 3, 1, 2, 3, 4, 5, 6);
      assertThat(NpyFile.read(out.resolve("rank001_dispatched.npy")).toFloats())
          .containsExactly(7, 8, 9, 4, 5, 6);
      // weights are 1/2: a token with two experts is itself again, one with one is halved
      assertThat(NpyFile.read(out.resolve("rank000_combined.npy")).toFloats())
          .containsExactly(1, 2, 3, 4, 5, 6, 3.5f, 4, 4.5f);
      assertThat(NpyFile.read(out.resolve("rank001_combined.npy")).toFloats())
          .containsExactly(0, 0, 0);
      try (Stream<Path> files = Files.list(out)) {
        assertThat(files).hasSize(4);
      }
    }
  }
}
