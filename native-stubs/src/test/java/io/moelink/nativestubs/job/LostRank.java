package io.moelink.nativestubs.job;

import io.moelink.ExpertGroupConfig;
import io.moelink.kernel.ElementType;
import io.moelink.layout.topology.Topologies;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A group of processes that loses one of them, and goes on without it. */
final class LostRank {
  /** In which all that are left must have named one that was killed. */
  private static final long KILL_LIMIT_MILLIS = 2000;

  /** Of every wait, where the lost rank is there and does nothing. */
  private static final long STOP_TIMEOUT_MILLIS = 3000;

  /** Beyond that, for a busy machine. */
  private static final long STOP_GRACE_MILLIS = 2000;

  /** How long those that are left wait for a rank that is there and does nothing. */
  private static final long WINDOW_MILLIS = 4000;

  private static final long END_SECONDS = 30;
  private static final String ALGORITHM = "hierarchical";

  private final String transport;
  private final int size;
  private final boolean stop;
  private final Map<Integer, List<String>> expected = new TreeMap<>();

  /**
   * @param stop by SIGSTOP, else by SIGKILL
   */
  LostRank(String transport, int size, boolean stop) {
    this.transport = transport;
    this.size = size;
    this.stop = stop;
  }

  /** Milliseconds from the loss until the last of those left has named the rank. */
  long lose(int victim, int delayMillis) throws Exception {
    List<String> digests = digestsWithout(victim);
    Map<String, String> limits =
        Map.of(
            GroupProcess.SHRINK, "" + WINDOW_MILLIS,
            GroupProcess.TIMEOUT, "" + (stop ? STOP_TIMEOUT_MILLIS : 30_000));
    String endless = "" + Integer.MAX_VALUE;
    try (Job job =
        Job.start(
            size, rank -> limits, "flat-" + size, ALGORITHM, "bf16", "1", endless, transport)) {
      for (int rank = 0; rank < size; rank++) {
        job.line(rank, "ready");
      }
      Thread.sleep(delayMillis);
      long start = System.nanoTime();
      lose(job.process(victim));
      for (int rank : left(victim)) {
        String failure = job.line(rank, "failed");
        if (!failure.startsWith(victim + " ")) {
          throw new AssertionError("rank %d blames %s".formatted(rank, failure));
        }
      }
      long millis = (System.nanoTime() - start) / 1_000_000;
      long limit = stop ? STOP_TIMEOUT_MILLIS + STOP_GRACE_MILLIS : KILL_LIMIT_MILLIS;
      if (millis > limit) {
        throw new AssertionError("it took %d ms to be named".formatted(millis));
      }
      goOn(job, victim, digests);
      return millis;
    }
  }

  private void lose(Process process) throws IOException, InterruptedException {
    if (!stop) {
      // on Unix this is SIGKILL
      process.destroyForcibly();
      return;
    }
    int code = new ProcessBuilder("kill", "-STOP", "" + process.pid()).start().waitFor();
    if (code != 0) {
      throw new AssertionError("kill -STOP exits with " + code);
    }
  }

  private void goOn(Job job, int victim, List<String> digests) throws Exception {
    String ranks =
        IntStream.of(left(victim)).mapToObj(Integer::toString).collect(Collectors.joining(","));
    int now = 0;
    for (int rank : left(victim)) {
      String found = job.line(rank, "shrunk");
      String wanted = "[%s] digest %s".formatted(ranks, digests.get(now++));
      if (!found.equals(wanted)) {
        throw new AssertionError(
            "rank %d goes on with %s, expected %s".formatted(rank, found, wanted));
      }
      if (!job.process(rank).waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("rank %d went on but did not exit".formatted(rank));
      }
      if (job.process(rank).exitValue() != 0) {
        throw new AssertionError(
            "rank %d exits with %d".formatted(rank, job.process(rank).exitValue()));
      }
    }
  }

  private int[] left(int victim) {
    return IntStream.range(0, size).filter(rank -> rank != victim).toArray();
  }

  private List<String> digestsWithout(int victim) throws Exception {
    List<String> known = expected.get(victim);
    if (known == null) {
      ExpertGroupConfig config =
          GroupWork.config(
              Topologies.named("flat-" + size).without(victim),
              ALGORITHM,
              ElementType.BF16,
              1,
              Duration.ofSeconds(30));
      known = Loopback.digests(config, GroupProcess.ROUNDS_LEFT);
      expected.put(victim, known);
    }
    return known;
  }
}
