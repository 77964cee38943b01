package io.moelink.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyFile;
import io.moelink.layout.npy.NpyType;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.TopologyJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input of every kind: exit 2, one line that says where, what was found, what is expected. */
class BadInputTest {
  private static final int TOKENS = 4;

  @TempDir Path folder;

  private Path ids;

  @BeforeEach
  void writeIds() throws IOException {
    ids = write("ids.npy", NpyArray.ofInts(validIds(), TOKENS, 2));
  }

  private static int[] validIds() {
    return new int[] {0, 1, 2, 3, 4, 5, 6, 7};
  }

  private Path write(String name, NpyArray array) throws IOException {
    Path file = folder.resolve(name);
    NpyFile.write(file, array);
    return file;
  }

  /** Runs exchange on flat-2 with 2 tokens a rank, 8 experts and what a test adds or replaces. */
  private static CommandRun exchange(String... args) {
    String[] common = {
      "exchange",
      "--topology",
      "flat-2",
      "--experts",
      "8",
      "--hidden",
      "4",
      "--tokens-per-rank",
      "2",
      "--iterations",
      "1"
    };
    Stream<String> kept = Stream.empty();
    for (int i = 1; i < common.length; i += 2) {
      if (!Arrays.asList(args).contains(common[i])) {
        kept = Stream.concat(kept, Stream.of(common[i], common[i + 1]));
      }
    }
    return CommandRun.of(
        Stream.of(Stream.of("exchange"), kept, Arrays.stream(args))
            .flatMap(part -> part)
            .toArray(String[]::new));
  }

  private static void assertRefused(CommandRun run, String line) {
    assertThat(run.err()).isEqualTo("moelink: " + line + System.lineSeparator());
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void goodInputIsTaken() {
    CommandRun run = exchange("--ids", ids.toString(), "--verify", "--json");
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("\"verified\":true").endsWith("}" + System.lineSeparator());
    assertThat(run.code()).isZero();
  }

  @Test
  void idOutOfRange() throws IOException {
    int[] bad = validIds();
    bad[5] = 8;
    Path file = write("bad.npy", NpyArray.ofInts(bad, TOKENS, 2));
    assertRefused(
        exchange("--ids", file.toString()),
        file + ": rank 1, token 0, slot 1: expert id 8, expected -1 or 0..7");
  }

  @Test
  void idTwice() throws IOException {
    int[] bad = validIds();
    bad[7] = 6;
    Path file = write("bad.npy", NpyArray.ofInts(bad, TOKENS, 2));
    assertRefused(
        exchange("--ids", file.toString()),
        file + ": rank 1, token 1: expert 6 named twice, in slots 0 and 1");
  }

  @Test
  void wrongShape() throws IOException {
    Path file = write("bad.npy", NpyArray.ofInts(validIds(), 8));
    assertRefused(
        exchange("--ids", file.toString()),
        file + ": shape [8], expected [tokens, K] or [tokens, layers, K]");
  }

  @Test
  void wrongType() throws IOException {
    Path file = write("bad.npy", NpyArray.ofFloats(new float[8], TOKENS, 2));
    assertRefused(
        exchange("--ids", file.toString()),
        file + ": type float32, expected uint8, int16, int32 or int64");
  }

  @Test
  void notEnoughTokens() {
    assertRefused(
        exchange("--ids", ids.toString(), "--tokens-per-rank", "3"),
        ids + ": 4 tokens, expected at least 6 for 2 ranks");
  }

  @Test
  void layerMissingAndTooMany() throws IOException {
    Path file = write("layers.npy", NpyArray.ofInts(validIds(), 4, 1, 2));
    assertRefused(
        exchange("--ids", file.toString()),
        file + ": shape [4, 1, 2] has layers and no layer is given, expected a layer 0..0");
    assertRefused(
        exchange("--ids", file.toString(), "--layer", "1"), file + ": layer 1, expected 0..0");
  }

  @Test
  void nanWeight() throws IOException {
    float[] values = new float[8];
    values[2] = Float.NaN;
    Path file = write("weights.npy", NpyArray.ofFloats(values, TOKENS, 2));
    assertRefused(
        exchange("--ids", ids.toString(), "--weights", file.toString()),
        file + ": rank 0, token 1, slot 0: weight NaN, expected a finite number");
  }

  @Test
  void weightsOfAnotherShape() throws IOException {
    Path file = write("weights.npy", NpyArray.ofFloats(new float[8], 2, 4));
    assertRefused(
        exchange("--ids", ids.toString(), "--weights", file.toString()),
        file + ": shape [2, 4], expected [4, 2], the shape of " + ids);
  }

  @Test
  void truncatedFile() throws IOException {
    byte[] bytes = Files.readAllBytes(ids);
    Path file = folder.resolve("short.npy");
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 3));
    assertRefused(
        exchange("--ids", file.toString()),
        file + ": truncated: 157 bytes, expected 160 (a header of 128 and [4, 2] of int32)");
  }

  @Test
  void notAnNpyFile() throws IOException {
    Path file = folder.resolve("text.npy");
    Files.writeString(file, "no numbers in here, only words and more words");
    assertRefused(
        exchange("--ids", file.toString()),
        file + ": not an .npy file: starts with 6e 6f 20 6e 75 6d, expected 93 4e 55 4d 50 59");
  }

  @Test
  void missingFile() {
    Path file = folder.resolve("none.npy");
    assertRefused(
        exchange("--ids", file.toString()), file + ": no such file, expected an .npy file");
  }

  @Test
  void unknownPreset() {
    CommandRun run = exchange("--topology", "ring-4");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("moelink: topology: found \"ring-4\", expected one of ")
        .contains("ubbv2-Nnode")
        .hasLineCount(1);
  }

  @Test
  void mateThatIsNotMutual() throws IOException {
    String text = TopologyJson.write(Topologies.named("pcie-8gpu"));
    Path file = folder.resolve("lame.json");
    Files.writeString(file, text.replaceFirst("\"mates\":\\s*\\[5]", "\"mates\": [4]"));
    CommandRun run = exchange("--topology", file.toString());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("moelink: " + file + ":").contains("mate").hasLineCount(1);
  }

  @Test
  void hiddenZero() {
    assertRefused(exchange("--hidden", "0"), "hidden size: found 0, expected 1 or more elements");
  }

  @Test
  void moreSlotsThanExperts() {
    assertRefused(
        exchange("--top-k", "9"), "routing uniform: top-k 9, expected 1..8 (there are 8 experts)");
  }

  @Test
  void negativeTokenCount() {
    assertRefused(
        exchange("--tokens-per-rank", "2,-1"),
        "tokens per rank: rank 1: -1 tokens, expected 0..1073741824");
  }

  @Test
  void wrongNumberOfTokenCounts() {
    assertRefused(
        exchange("--tokens-per-rank", "1,2,3"),
        "tokens per rank: 3 counts, expected 1 or 2 (one for each rank)");
  }

  @Test
  void unknownAlgorithm() {
    assertRefused(
        exchange("--algorithm", "ring"),
        "algorithm: found ring, expected one of direct, hierarchical, allgather, relay, auto");
  }

  @Test
  void unknownStagingTypeAndTransport() {
    assertRefused(
        exchange("--staging", "SOME"),
        "staging: found SOME, expected one of FULL, PER_PEER, UNION");
    assertRefused(exchange("--dtype", "fp8"), "--dtype: found fp8, expected bf16, fp16 or fp32");
    CommandRun run = exchange("--transport", "pigeon");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("moelink: --transport: found pigeon, expected one of loopback");
  }

  @Test
  void noExperts() {
    CommandRun run = exchange("--experts", "0");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("experts").hasLineCount(1);
  }

  @Test
  void iterationsZero() {
    assertRefused(exchange("--iterations", "0"), "--iterations: found 0, expected 1 or more");
  }

  @Test
  void idsBesideRouting() {
    assertRefused(
        exchange("--ids", ids.toString(), "--routing", "uniform"),
        "--routing: found uniform beside --ids, expected one of the two");
    assertRefused(exchange("--layer", "1"), "--layer: found 1 without --ids");
  }

  @Test
  void rowsOfAnotherShapeOrType() throws IOException {
    Path file = write("rows.npy", NpyArray.ofFloats(new float[16], 4, 4));
    assertRefused(
        exchange("--ids", ids.toString(), "--rows", file.toString()),
        file
            + ": found float32 [4, 4], expected uint16 [4, 4] (a row of 4 elements for each token"
            + " of all ranks)");
    Path words = write("words.npy", NpyArray.ofShorts(NpyType.UINT16, new short[12], 4, 3));
    assertRefused(
        exchange("--ids", ids.toString(), "--rows", words.toString()),
        words
            + ": found uint16 [4, 3], expected uint16 [4, 4] (a row of 4 elements for each token"
            + " of all ranks)");
  }

  @Test
  void outIsAFile() {
    assertRefused(
        exchange("--out", ids.toString()), "--out: " + ids + " is a file, expected a folder");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--hidden x", "--experts 1.5", "--unknown 3"})
  void badUsage(String args) {
    CommandRun run = exchange(args.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("moelink: ").hasLineCount(1);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void demoWithoutText() throws IOException {
    Path file = folder.resolve("empty.txt");
    Files.writeString(file, " \n");
    assertRefused(
        CommandRun.of("demo", file.toString()),
        "demo: found no word in 1 files, expected text (name files to read)");
    Path none = folder.resolve("none.txt");
    assertRefused(CommandRun.of("demo", none.toString()), "demo: " + none + " is no file");
    assertRefused(
        CommandRun.of("demo", "--tokens", "0", file.toString()),
        "--tokens: found 0, expected 1 to 1048576");
  }
}
