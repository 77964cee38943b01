package io.moelink.nativestubs.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Kills a rank of a working group at a random moment, again and again: {@code Kills [TRANSPORT
 * [PROCESSES [RUNS [SEED]]]]}, shm, 4 and 100 when not said.
 */
final class Kills {
  private static final Path SHARED_FILES = Path.of("/dev/shm");

  /** In which all survivors must have failed and exited. */
  private static final long LIMIT_MILLIS = 2000;

  /** Moments of the kill: from the first round on. */
  private static final int DELAY_MILLIS_MAX = 300;

  private Kills() {}

  public static void main(String[] arguments) throws Exception {
    String transport = arguments.length > 0 ? arguments[0] : "shm";
    int size = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4;
    int runs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 100;
    long seed = arguments.length > 3 ? Long.parseLong(arguments[3]) : System.nanoTime();
    System.out.println(run(transport, size, runs, seed));
  }

  /** Kills {@code runs} times; says how long the slowest survivor took. */
  static String run(String transport, int size, int runs, long seed)
      throws IOException, InterruptedException {
    Random random = new Random(seed);
    List<String> before = sharedFiles();
    long slowest = 0;
    long sum = 0;
    for (int run = 0; run < runs; run++) {
      int victim = random.nextInt(size);
      int delay = random.nextInt(DELAY_MILLIS_MAX);
      long millis;
      try {
        millis = killOne(transport, size, victim, delay);
      } catch (AssertionError e) {
        throw new AssertionError(
            "seed %d, run %d, victim %d, after %d ms: %s"
                .formatted(seed, run, victim, delay, e.getMessage()),
            e);
      }
      slowest = Math.max(slowest, millis);
      sum += millis;
      List<String> left = sharedFiles();
      if (!left.equals(before)) {
        throw new AssertionError("seed %d, run %d: /dev/shm has %s".formatted(seed, run, left));
      }
      if ((run + 1) % 10 == 0) {
        System.out.printf("kills: %d of %d runs, %d ms at most%n", run + 1, runs, slowest);
      }
    }
    return "kills: %s, %d runs of %d processes, seed %d: all survivors gone after %d ms on average, %d ms at most"
        .formatted(transport, runs, size, seed, sum / runs, slowest);
  }

  /** Milliseconds from the kill until the last survivor has exited. */
  private static long killOne(String transport, int size, int victim, int delay)
      throws IOException, InterruptedException {
    String endless = "" + Integer.MAX_VALUE;
    try (Job job =
        Job.start(
            size,
            rank -> Map.of(),
            "flat-" + size,
            "hierarchical",
            "bf16",
            "1",
            endless,
            transport)) {
      for (int rank = 0; rank < size; rank++) {
        job.line(rank, "ready");
      }
      Thread.sleep(delay);
      long start = System.nanoTime();
      // on Unix this is SIGKILL
      job.process(victim).destroyForcibly();
      for (int rank = 0; rank < size; rank++) {
        if (rank != victim) {
          String failure = job.line(rank, "failed");
          if (!failure.startsWith(victim + " ")) {
            throw new AssertionError("rank %d blames %s".formatted(rank, failure));
          }
          if (!job.process(rank).waitFor(LIMIT_MILLIS, TimeUnit.MILLISECONDS)) {
            throw new AssertionError("rank %d failed but did not exit".formatted(rank));
          }
          int exit = job.process(rank).exitValue();
          if (exit != 3) {
            throw new AssertionError("rank %d exits with %d".formatted(rank, exit));
          }
        }
      }
      long millis = (System.nanoTime() - start) / 1_000_000;
      if (millis > LIMIT_MILLIS) {
        throw new AssertionError("survivors took %d ms".formatted(millis));
      }
      return millis;
    }
  }

  private static List<String> sharedFiles() throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(SHARED_FILES)) {
      files.map(file -> file.getFileName().toString()).sorted().forEach(names::add);
    }
    return names;
  }
}
