package io.moelink.cli.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.Main;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayoutCommandTest {
  private static final List<String> ALWAYS =
      List.of(
          "permute.npy",
          "permute_buffer.npy",
          "permute_weight.npy",
          "received_per_expert.npy",
          "received_per_rank.npy",
          "reduce_card.npy",
          "reduce_vnode.npy",
          "reduce_vnode_sources.npy",
          "token_in_rank.npy",
          "tokens_per_expert.npy",
          "tokens_per_node.npy",
          "tokens_per_rank.npy");

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    String line = ("layout " + args).replace("DIR", folder.resolve("out").toString());
    return Main.run(new PrintWriter(out), new PrintWriter(err), line.split(" "));
  }

  private List<String> written() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private NpyArray read(String name) throws IOException {
    return NpyFile.read(folder.resolve("out").resolve(name + ".npy"));
  }

  private int[] ints(String name) throws IOException {
    return read(name).toInts();
  }

  /** Two tokens on rank 0, one on rank 9; 16 experts, one a rank. */
  @Test
  void writesEveryFileOfTheReferenceFabric() throws IOException {
    Path ids = folder.resolve("ids.npy");
    NpyFile.write(ids, NpyArray.ofInts(new int[] {1, 0, 12, 1, 1, 5}, 3, 2));
    Path weights = folder.resolve("weights.npy");
    float[] values = {.5f, .25f, .125f, 1, 2, 3};
    NpyFile.write(weights, NpyArray.ofFloats(values, 3, 2));
    String tokens = "2,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0";
    String options =
        " --out DIR --experts 16 --ids %s --weights %s --tokens-per-rank %s"
            .formatted(ids, weights, tokens);

    assertThat(run("--rank 1" + options)).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString())
        .isEqualTo(
            "rank 1 of 16 on ubbv2-2node, ids.npy: 3 expert rows; 16 files in "
                + folder.resolve("out")
                + "\n");
    List<String> expected = new ArrayList<>(ALWAYS);
    expected.addAll(
        List.of(
            "reduce_between_nodes.npy",
            "reduce_node.npy",
            "reduce_node_sources.npy",
            "staged_009.npy"));
    assertThat(written()).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(ints("permute"))
        .containsExactly(0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 9, 0, 0, 0, 2, 0);
    assertThat(ints("permute_buffer")).containsExactly(0, 0, 1);
    assertThat(read("permute_weight").shape()).containsExactly(3);
    assertThat(ints("staged_009")).containsExactly(0);
    assertThat(ints("received_per_rank"))
        .containsExactly(2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0);
    assertThat(ints("received_per_expert")).containsExactly(3);
    assertThat(ints("tokens_per_rank")).containsOnly(0).hasSize(16);
    assertThat(ints("reduce_vnode_sources")).containsExactly(1, 4, 9, 12);
    assertThat(read("reduce_vnode").shape()).containsExactly(4, 2);
    assertThat(ints("reduce_vnode")).containsExactly(0, 0, 0, 0, 1, 0, 0, 0);
    assertThat(ints("reduce_node_sources")).containsExactly(1, 9);
    assertThat(ints("reduce_node")).containsExactly(0, 0, 0b11, 0);
    assertThat(read("reduce_between_nodes").shape()).containsExactly(0);
    assertThat(read("token_in_rank").shape()).containsExactly(0, 16);
    assertThat(read("reduce_card").shape()).containsExactly(16, 2);

    // another rank to the same folder: what is no longer there is gone
    assertThat(run("--rank 0" + options)).isZero();
    assertThat(written()).doesNotContain("staged_009.npy");
    assertThat(ints("reduce_between_nodes")).containsExactly(0b01, 0b11);
    assertThat(ints("tokens_per_node")).containsExactly(2, 1);
    assertThat(ints("reduce_vnode")).startsWith(0b11, 0b10);
  }

  @Test
  void levelsThatAreNotThereHaveNoFiles() throws IOException {
    assertThat(run("--rank 0 --out DIR --topology flat-4 --experts 8 --top-k 2")).isZero();
    assertThat(written()).containsExactlyElementsOf(ALWAYS);
  }

  @Test
  void port10HasAMaskOverVnodes() throws IOException {
    String options = "--out DIR --topology ubbv2-2node+port10 --tokens-per-rank 16 --rank 3";
    assertThat(run(options)).isZero();
    assertThat(written())
        .contains("reduce_vnodes.npy", "staged_006.npy", "staged_011.npy", "staged_015.npy")
        .noneMatch(name -> name.startsWith("reduce_node") || name.startsWith("reduce_between"));
    assertThat(read("reduce_vnodes").shape()).containsExactly(16);
  }

  @Test
  void masksGetAnAxisOfWordsWhereTheyNeedIt() throws IOException {
    assertThat(run("--rank 0 --out DIR --topology flat-70 --tokens-per-rank 3 --experts 140"))
        .isZero();
    assertThat(read("reduce_vnode").shape()).containsExactly(1, 3, 3);
    assertThat(run("--rank 0 --out DIR --topology flat-2 --tokens-per-rank 3")).isZero();
    assertThat(read("reduce_card").shape()).containsExactly(2, 3, 2);
    assertThat(read("reduce_vnode").shape()).containsExactly(1, 3);
  }

  @Test
  void json() {
    assertThat(run("--rank 0 --out DIR --topology flat-1 --tokens-per-rank 2 --json")).isZero();
    assertThat(out.toString())
        .startsWith(
            "{\"topology\":\"flat-1\",\"ranks\":1,\"rank\":0,\"expert_rows\":16,\"files\":[\"");
  }

  @Test
  void refusesARankThatIsNotThere() {
    assertThat(run("--rank 16 --out DIR")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "moelink: --rank: found 16, expected 0 to 15 (topology ubbv2-2node has 16 ranks)\n");
    assertThat(run("--rank -1 --out DIR --topology flat-2")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("moelink: --rank: found -1, expected 0 to 1 (topology flat-2 has 2 ranks)\n");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void refusesAnUnknownPolicy() {
    assertThat(run("--rank 0 --out DIR --staging SOME")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("moelink: staging: found SOME, expected one of FULL, PER_PEER, UNION\n");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void refusesAFileAndAForeignFolder() throws IOException {
    Path place = folder.resolve("out");
    Files.writeString(place, "x");
    assertThat(run("--rank 0 --out DIR")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("moelink: --out: " + place + " is a file, expected a folder\n");
    Files.delete(place);
    Files.createDirectory(place);
    Files.writeString(place.resolve("notes.txt"), "x");
    assertThat(run("--rank 0 --out DIR")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "moelink: --out: "
                + place
                + " holds notes.txt, expected a folder that is new, empty or of an earlier run\n");
    assertThat(written()).containsExactly("notes.txt");
  }

  @Test
  void leavesNothingBesideTheFolder() throws IOException {
    assertThat(run("--rank 0 --out DIR --topology flat-1 --tokens-per-rank 2")).isZero();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactly("out");
    }
  }
}
