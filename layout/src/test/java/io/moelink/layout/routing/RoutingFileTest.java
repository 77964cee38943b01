package io.moelink.layout.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyFile;
import io.moelink.layout.npy.NpyType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoutingFileTest {
  private static final OptionalInt NO_LAYER = OptionalInt.empty();

  @TempDir Path folder;
  private Path ids;
  private Path weights;

  @BeforeEach
  void names() {
    ids = folder.resolve("ids.npy");
    weights = folder.resolve("weights.npy");
  }

  @Test
  void dealsTokensInOrder() throws IOException {
    NpyFile.write(ids, NpyArray.ofInts(new int[] {0, 1, 2, 3, -1, 5, 6, 7, 0, 2}, 5, 2));
    NpyFile.write(weights, NpyArray.ofFloats(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 5, 2));
    RoutingFile file = new RoutingFile(ids, weights, NO_LAYER);
    TopK[] ranks = file.load(8, new int[] {2, 0, 2});
    assertThat(file.tokens()).isEqualTo(5);
    assertThat(file.topK()).isEqualTo(2);
    assertThat(ranks[0].ids()).containsExactly(0, 1, 2, 3);
    assertThat(ranks[1].tokens()).isZero();
    assertThat(ranks[2].ids()).containsExactly(-1, 5, 6, 7);
    assertThat(ranks[2].weights()).containsExactly(4, 5, 6, 7);
    assertThat(new RoutingFile(ids, null, NO_LAYER).load(8, new int[] {5})[0].weights())
        .containsOnly(.5f);
  }

  @Test
  void readsOneLayerInEveryType() throws IOException {
    // token t, layer l, slot k: expert 10 * l + 2 * t + k
    byte[] bytes = new byte[3 * 4 * 2];
    short[] halves = new short[bytes.length];
    for (int t = 0; t < 3; t++) {
      for (int l = 0; l < 4; l++) {
        for (int k = 0; k < 2; k++) {
          int at = (t * 4 + l) * 2 + k;
          bytes[at] = (byte) (10 * l + 2 * t + k);
          halves[at] = Float.floatToFloat16(at);
        }
      }
    }
    int[] ints = new int[bytes.length];
    long[] longs = new long[bytes.length];
    short[] shorts = new short[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ints[i] = bytes[i];
      longs[i] = bytes[i];
      shorts[i] = bytes[i];
    }
    NpyFile.write(weights, NpyArray.ofShorts(NpyType.FLOAT16, halves, 3, 4, 2));
    for (NpyArray array :
        new NpyArray[] {
          NpyArray.ofBytes(NpyType.UINT8, bytes, 3, 4, 2),
          NpyArray.ofShorts(NpyType.INT16, shorts, 3, 4, 2),
          NpyArray.ofInts(ints, 3, 4, 2),
          NpyArray.ofLongs(NpyType.INT64, longs, 3, 4, 2)
        }) {
      NpyFile.write(ids, array);
      TopK[] ranks = new RoutingFile(ids, weights, OptionalInt.of(2)).load(40, new int[] {1, 2});
      assertThat(ranks[0].ids()).containsExactly(20, 21);
      assertThat(ranks[1].ids()).containsExactly(22, 23, 24, 25);
      assertThat(ranks[1].weights()).containsExactly(12, 13, 20, 21);
    }
  }

  @Test
  void refusesShapesLayersAndTypes() throws IOException {
    NpyFile.write(ids, NpyArray.ofInts(new int[8], 8));
    refused(NO_LAYER, 8, ": shape [8], expected [tokens, K] or [tokens, layers, K]");
    NpyFile.write(ids, NpyArray.ofInts(new int[40], 1, 40));
    refused(NO_LAYER, 64, ": shape [1, 40]: top-k 40, expected 1..32");
    NpyFile.write(ids, NpyArray.ofFloats(new float[8], 4, 2));
    refused(NO_LAYER, 8, ": type float32, expected uint8, int16, int32 or int64");
    NpyFile.write(ids, NpyArray.ofInts(new int[24], 3, 4, 2));
    refused(
        NO_LAYER, 8, ": shape [3, 4, 2] has layers and no layer is given, expected a layer 0..3");
    refused(OptionalInt.of(4), 8, ": layer 4, expected 0..3");
    refused(OptionalInt.of(-1), 8, ": layer -1, expected 0..3");
    NpyFile.write(ids, NpyArray.ofInts(new int[] {0, 1, 0, 1}, 2, 2));
    refused(
        OptionalInt.of(3), 8, ": layer 3 of shape [2, 2], which has no layers, expected no layer");
    refused(NO_LAYER, 1, ": top-k 2, expected 1..1 (there are 1 experts)");
    NpyFile.write(ids, NpyArray.ofInts(new int[] {0, 1, 0, 1, 0, 2}, 3, 2));
    refused(NO_LAYER, 2, ": rank 1, token 1, slot 1: expert id 2, expected -1 or 0..1");
    NpyFile.write(ids, NpyArray.ofInts(new int[] {0, 1, 0, 1, 1, 1}, 3, 2));
    refused(NO_LAYER, 2, ": rank 1, token 1: expert 1 named twice, in slots 0 and 1");
    NpyFile.write(ids, NpyArray.ofBytes(NpyType.UINT8, new byte[] {0, 1, 0, 1, -1, 1}, 3, 2));
    refused(NO_LAYER, 2, ": rank 1, token 1, slot 0: expert id 255, expected 0..1");
    NpyFile.write(ids, NpyArray.ofLongs(NpyType.INT64, new long[] {0, 1, 0, 1, 0, 1L << 40}, 3, 2));
    refused(NO_LAYER, 2, ": rank 1, token 1, slot 1: expert id 1099511627776, expected -1 or 0..1");
  }

  @Test
  void refusesTooFewTokens() throws IOException {
    NpyFile.write(ids, NpyArray.ofInts(new int[4], 2, 2));
    refused(NO_LAYER, 8, ": 2 tokens, expected at least 3 for 2 ranks");
    RoutingFile file = new RoutingFile(ids, null, NO_LAYER);
    message(() -> file.load(8, new int[] {3, -1}), "rank 1: -1 tokens, expected 0 or more");
  }

  @Test
  void refusesWeightsThatDoNotFit() throws IOException {
    NpyFile.write(ids, NpyArray.ofInts(new int[] {0, 1, 0, 1, 0, 1}, 3, 2));
    RoutingFile file = new RoutingFile(ids, weights, NO_LAYER);
    int[] counts = {1, 2};
    message(() -> file.load(8, counts), weights + ": no such file, expected an .npy file");
    NpyFile.write(weights, NpyArray.ofFloats(new float[12], 3, 4));
    message(
        () -> file.load(8, counts),
        weights + ": shape [3, 4], expected [3, 2], the shape of " + ids);
    NpyFile.write(weights, NpyArray.ofInts(new int[6], 3, 2));
    message(() -> file.load(8, counts), weights + ": type int32, expected float16 or float32");
    NpyFile.write(weights, NpyArray.ofFloats(new float[] {1, 1, 1, 1, 1, Float.NaN}, 3, 2));
    message(
        () -> file.load(8, counts),
        weights + ": rank 1, token 1, slot 1: weight NaN, expected a finite number");
  }

  @Test
  void readsARecordedTraceOrSaysThatItIsAbsent() throws IOException {
    Path traces = Path.of(System.getProperty("moelink.traces", "../../shared/traces"));
    Path traceIds = traces.resolve("gptoss20b_topk_ids.npy");
    if (!Files.exists(traceIds)) {
      System.out.println(
          "RoutingFileTest: no recorded routing at " + traceIds + ", using generated routing");
      generatedTrace();
      return;
    }
    RoutingFile file =
        new RoutingFile(traceIds, traces.resolve("gptoss20b_topk_weights.npy"), OptionalInt.of(12));
    assertThat(file.tokens()).isEqualTo(65_536);
    checkTrace(file.load(32, TokenCounts.parse("512", 16)), 32);
  }

  private void generatedTrace() throws IOException {
    TopK topK = new RoutingGenerator(RoutingSpec.zipf(1), 1, 32, 4, 1).topK(0, 8192);
    NpyFile.write(ids, NpyArray.ofInts(topK.ids(), 8192, 1, 4));
    NpyFile.write(weights, NpyArray.ofFloats(topK.weights(), 8192, 1, 4));
    RoutingFile file = new RoutingFile(ids, weights, OptionalInt.of(0));
    checkTrace(file.load(32, TokenCounts.parse("512", 16)), 32);
  }

  private static void checkTrace(TopK[] ranks, int experts) {
    assertThat(ranks).hasSize(16);
    for (TopK rank : ranks) {
      assertThat(rank.tokens()).isEqualTo(512);
      assertThat(Arrays.stream(rank.ids()).allMatch(id -> id >= 0 && id < experts)).isTrue();
      for (int token = 0; token < rank.tokens(); token++) {
        float sum = 0;
        for (int k = 0; k < rank.topK(); k++) {
          sum += rank.weight(token, k);
        }
        assertThat(sum).isCloseTo(1f, within(4e-3f));
      }
    }
  }

  private void refused(OptionalInt layer, int experts, String message) {
    RoutingFile file = new RoutingFile(ids, null, layer);
    message(() -> file.load(experts, new int[] {1, 2}), ids + message);
  }

  private static void message(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }
}
