package io.moelink.nativestubs.job;

import io.moelink.ExpertGroupConfig;
import io.moelink.kernel.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * Those who are not of the job: {@code Strangers secret|garbage|ucx-port [COUNT [SEED]]}. A rank
 * with another secret, COUNT times; COUNT connections that speak no known language to the port
 * where a job meets, while it meets; the same to every port on which UCX listens, while the job
 * works.
 */
final class Strangers {
  private static final int RANKS = 4;
  private static final int ROUNDS = 3;
  private static final int ROUNDS_UNDER_FIRE = 2000;
  private static final String TOPOLOGY = "flat-" + RANKS;
  private static final String ALGORITHM = "hierarchical";
  private static final long JOIN_MILLIS = 12_000;
  private static final long GRACE_MILLIS = 2000;
  private static final int HEX = 16;

  private Strangers() {}

  public static void main(String[] arguments) throws Exception {
    int count = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20;
    long seed = arguments.length > 2 ? Long.parseLong(arguments[2]) : System.nanoTime();
    List<String> before = Leftovers.found();
    System.out.println(
        switch (arguments[0]) {
          case "secret" -> secret(count, seed);
          case "garbage" -> garbage(count, seed);
          default -> ucxPort(count, seed);
        });
    Leftovers.check(before);
  }

  /** One rank has another secret: it says so at once, and the others name it when time is up. */
  static String secret(int runs, long seed) throws Exception {
    Random random = new Random(seed);
    long slowest = 0;
    for (int run = 0; run < runs; run++) {
      int odd = random.nextInt(RANKS);
      long start = System.nanoTime();
      try (Job job =
          start(
              ROUNDS,
              rank ->
                  rank == odd
                      ? Map.of(
                          "MOELINK_SECRET",
                          "not the secret of the others",
                          GroupProcess.JOIN,
                          "" + JOIN_MILLIS)
                      : Map.of(GroupProcess.JOIN, "" + JOIN_MILLIS))) {
        String own = job.line(odd, "failed");
        if (!own.contains("rank=" + odd + " has another MOELINK_SECRET than the launcher")) {
          throw new AssertionError(
              "seed %d, run %d: rank %d says %s".formatted(seed, run, odd, own));
        }
        for (int rank = 0; rank < RANKS; rank++) {
          if (rank == odd) {
            continue;
          }
          String failure = job.line(rank, "failed");
          if (!failure.startsWith(odd + " ")
              || !failure.contains("refused 1 with another MOELINK_SECRET")) {
            throw new AssertionError(
                "seed %d, run %d: rank %d says %s".formatted(seed, run, rank, failure));
          }
          ends(job, rank, 3);
        }
      }
      slowest = Math.max(slowest, (System.nanoTime() - start) / 1_000_000);
    }
    return "wrong secret: %d runs of %d processes, seed %d: refused and named by all, ended after %d ms at most with a limit of %d ms for joining"
        .formatted(runs, RANKS, seed, slowest, JOIN_MILLIS);
  }

  /** The job comes up among strangers, and works. */
  static String garbage(int connections, long seed) throws Exception {
    long start = System.nanoTime();
    try (Job job = start(ROUNDS, rank -> Map.of());
        Garbage garbage = Garbage.at(job.port(), connections, seed)) {
      long millis = verify(job, ROUNDS, start);
      garbage.await();
      return "garbage on the bootstrap port: %d connections, seed %d: the job came up and was verified after %d ms"
          .formatted(garbage.made(), seed, millis);
    }
  }

  /** Strangers at the ports of UCX itself. */
  static String ucxPort(int connections, long seed) throws Exception {
    long start = System.nanoTime();
    try (Job job = start(ROUNDS_UNDER_FIRE, rank -> Map.of("UCX_TLS", "tcp,self"))) {
      for (int rank = 0; rank < RANKS; rank++) {
        job.line(rank, "ready");
      }
      int made = 0;
      int ports = 0;
      for (int rank = 0; rank < RANKS; rank++) {
        for (int port : listening(job.process(rank).pid())) {
          ports++;
          try (Garbage garbage = Garbage.at(port, connections / RANKS, seed + rank)) {
            garbage.await();
            made += garbage.made();
          }
        }
      }
      long millis = verify(job, ROUNDS_UNDER_FIRE, start);
      return "garbage on %d ports of UCX: %d connections, seed %d: the job went on and was verified after %d ms"
          .formatted(ports, made, seed, millis);
    }
  }

  private static Job start(int rounds, IntFunction<Map<String, String>> variables)
      throws IOException {
    return Job.start(RANKS, variables, TOPOLOGY, ALGORITHM, "bf16", "1", "" + rounds, "ucx");
  }

  private static long verify(Job job, int rounds, long start) throws Exception {
    ExpertGroupConfig config = GroupWork.config(TOPOLOGY, ALGORITHM, ElementType.BF16, 1);
    List<String> expected = Loopback.digests(config, rounds);
    for (int rank = 0; rank < RANKS; rank++) {
      String found = job.line(rank, "digest");
      if (!found.equals(expected.get(rank))) {
        throw new AssertionError(
            "rank %d: digest %s, expected %s".formatted(rank, found, expected.get(rank)));
      }
      ends(job, rank, 0);
    }
    return (System.nanoTime() - start) / 1_000_000;
  }

  private static void ends(Job job, int rank, int code) throws InterruptedException {
    if (!job.process(rank).waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)
        || job.process(rank).exitValue() != code) {
      throw new AssertionError("rank %d does not end with %d".formatted(rank, code));
    }
  }

  /** TCP ports on which a process of this host listens. */
  private static Set<Integer> listening(long pid) throws IOException {
    Set<String> sockets = new TreeSet<>();
    try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path file : open.toList()) {
        String target = Files.readSymbolicLink(file).toString();
        if (target.startsWith("socket:[")) {
          sockets.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    }
    Set<Integer> ports = new TreeSet<>();
    List<String> lines = new ArrayList<>(Files.readAllLines(Path.of("/proc/net/tcp")));
    for (String line : lines.subList(1, lines.size())) {
      // number, own address:port in hex, remote one, state (0A listens), ..., inode tenth
      String[] words = line.strip().split(" +");
      if (words[3].equals("0A") && sockets.contains(words[9])) {
        ports.add(Integer.parseInt(words[1].split(":")[1], HEX));
      }
    }
    return ports;
  }
}
