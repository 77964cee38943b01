package io.moelink.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LocalJobTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private LocalJob.Result run(int ranks, String script) throws Exception {
    return new LocalJob(
            ranks, RankEnvironment.ofThisHost(ranks), List.of("sh", "-c", script), out, err)
        .run();
  }

  private List<String> errLines() {
    return err.toString(StandardCharsets.UTF_8).lines().sorted().toList();
  }

  private static void assertNothingIsLeft(String word) {
    assertThat(
            ProcessHandle.allProcesses()
                .filter(Liveness::isRunning)
                .map(process -> process.info().commandLine().orElse(""))
                .filter(line -> line.contains(word)))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 16})
  void everyRankHasItsEnvironment(int ranks) throws Exception {
    LocalJob.Result result =
        run(ranks, "echo $RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $MASTER_ADDR");
    assertThat(result).isEqualTo(new LocalJob.Result(null, Set.of()));
    assertThat(out).hasToString("0 0 %d %d 127.0.0.1\n".formatted(ranks, ranks));
    assertThat(errLines()).hasSize(ranks - 1);
    for (int r = 1; r < ranks; r++) {
      assertThat(errLines())
          .contains("[%d] %d %d %d %d 127.0.0.1".formatted(r, r, r, ranks, ranks));
    }
  }

  @Test
  void everyJobHasASecretAndAPort() throws Exception {
    run(2, "echo $MOELINK_SECRET $MASTER_PORT; echo $MOELINK_SECRET $MASTER_PORT >&2");
    String first = out.toString().strip();
    assertThat(first).matches("[0-9a-f]{64} [0-9]{4,5}");
    assertThat(errLines()).containsExactly("[0] " + first, "[1] " + first, "[1] " + first);
    out.reset();
    run(2, "echo $MOELINK_SECRET $MASTER_PORT");
    assertThat(out.toString().split(" ")[0]).isNotEqualTo(first.split(" ")[0]);
  }

  @Test
  void theFlagsOfRankJvmsShareTheMemory() throws Exception {
    run(1, "echo $MOELINK_JAVA_OPTS");
    assertThat(out).hasToString("-XX:+UseSerialGC -XX:MaxRAMPercentage=50.000\n");
  }

  @Test
  void standardOutputOfRankZeroIsUntouched() throws Exception {
    run(3, "printf 'a\\r\\nb\\tc'; printf 'warn\\nlast' >&2");
    assertThat(out).hasToString("a\r\nb\tc");
    assertThat(errLines()).contains("[0] last", "[0] warn", "[1] a", "[2] a");
  }

  @Test
  void muchOutputArrives() throws Exception {
    run(2, "seq 1 200000");
    assertThat(out.toString().lines()).hasSize(200_000).endsWith("200000");
    assertThat(errLines()).hasSize(200_000).contains("[1] 200000");
  }

  @ParameterizedTest
  @CsvSource({
    "a|b|, [7] a|[7] b|",
    "a, [7] a|",
    "|, [7] |",
    "a~b~c|, [7] a|[7] b|[7] c|",
    "~a~~b, [7] a|[7] b|",
    "a~|b|, [7] a|[7] b|",
    "a||b, [7] a|[7] |[7] b|",
  })
  void linesGetTheirRank(String given, String expected) throws Exception {
    String text = given.replace('|', '\n').replace('~', '\r');
    RankOutput.copyLines(7, new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), err);
    assertThat(err).hasToString(expected.replace('|', '\n'));
  }

  @Test
  void anEndlessLineIsBroken() throws Exception {
    byte[] line = "x".repeat(RankOutput.LINE_BYTES_MAX + 1).getBytes(StandardCharsets.UTF_8);
    RankOutput.copyLines(0, new ByteArrayInputStream(line), err);
    assertThat(err).hasToString("[0] " + "x".repeat(RankOutput.LINE_BYTES_MAX) + "\n[0] x\n");
  }

  @Test
  void standardInputIsEmpty() throws Exception {
    assertThat(run(2, "cat").failed()).isNull();
    assertThat(out).hasToString("");
  }

  @Test
  void aRankThatFailsEndsTheOthersAndTheirChildren() throws Exception {
    long start = System.nanoTime();
    LocalJob.Result result = run(3, "if [ $RANK = 1 ]; then exit 3; fi; sleep 6101 & wait");
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
    assertThat(result).isEqualTo(new LocalJob.Result(new LocalJob.RankEnd(1, 3), Set.of(0, 2)));
    assertThat(result.describe())
        .isEqualTo("rank=1 ended with exit code 3, expected 0; ended ranks [0, 2], too");
    assertNothingIsLeft("sleep 6101");
  }

  @Test
  void aRankThatIgnoresTheSignalIsKilled() throws Exception {
    LocalJob.Result result =
        run(2, "if [ $RANK = 1 ]; then exit 1; fi; trap '' TERM; while :; do sleep 6102; done");
    assertThat(result).isEqualTo(new LocalJob.Result(new LocalJob.RankEnd(1, 1), Set.of(0)));
    assertNothingIsLeft("sleep 6102");
  }

  @Test
  void othersMayFailByThemselves() throws Exception {
    long start = System.nanoTime();
    LocalJob.Result result =
        run(2, "if [ $RANK = 1 ]; then kill -9 $$; fi; sleep 0.5; echo lost; exit 1");
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(2));
    assertThat(out).hasToString("lost\n");
    assertThat(result.describe())
        .isEqualTo("rank=1 ended with exit code 137 (signal 9), expected 0");
  }

  @Test
  void badInputOfOneIsWhyOthersFail() throws Exception {
    assertThat(run(2, "if [ $RANK = 1 ]; then sleep 0.3; exit 2; fi; exit 1").failed())
        .isEqualTo(new LocalJob.RankEnd(1, 2));
  }
}
