package io.moelink.nativestubs.job;

import io.moelink.ExpertGroupConfig;
import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Every algorithm on 2, 4, 8 and 16 processes under every kind of transport that UCX has on one
 * host: {@code Matrix [RANKS...]}. The bytes must be those of loopback.
 */
final class Matrix {
  /** Values of {@code UCX_TLS}; empty where UCX chooses. */
  static final List<String> TRANSPORTS = List.of("", "tcp,self", "posix,cma,self");

  private static final int ROUNDS = 2;

  private Matrix() {}

  public static void main(String[] arguments) throws Exception {
    List<String> sizes = arguments.length == 0 ? List.of("2", "4", "8", "16") : List.of(arguments);
    int runs = 0;
    for (String size : sizes) {
      for (String algorithm : Algorithms.names()) {
        for (String transports : TRANSPORTS) {
          long start = System.nanoTime();
          run(topology(Integer.parseInt(size)), algorithm, transports);
          runs++;
          System.out.printf(
              "matrix: %s ranks, %s, UCX_TLS=%s: as on loopback, %d ms%n",
              size,
              algorithm,
              transports.isEmpty() ? "(its own)" : transports,
              (System.nanoTime() - start) / 1_000_000);
        }
      }
    }
    System.out.printf("matrix: %d runs, all as on loopback%n", runs);
  }

  private static String topology(int size) {
    return switch (size) {
      case 8 -> "ubbv2-1node";
      case 16 -> "ubbv2-2node";
      default -> "flat-" + size;
    };
  }

  /** One of them. */
  static void run(String topology, String algorithm, String transports) throws Exception {
    Map<String, String> variables = transports.isEmpty() ? Map.of() : Map.of("UCX_TLS", transports);
    run(topology, algorithm, rank -> variables);
  }

  /** One with variables of every rank's own. */
  static void run(String topology, String algorithm, IntFunction<Map<String, String>> variables)
      throws Exception {
    ExpertGroupConfig config = GroupWork.config(topology, algorithm, ElementType.BF16, 1);
    List<String> expected = Loopback.digests(config, ROUNDS);
    try (Job job =
        Job.start(
            expected.size(), variables, topology, algorithm, "bf16", "1", "" + ROUNDS, "ucx")) {
      for (int rank = 0; rank < job.size(); rank++) {
        String found = job.line(rank, "digest");
        if (!found.equals(expected.get(rank)) || job.process(rank).waitFor() != 0) {
          throw new AssertionError(
              "%s, %s: rank %d has digest %s and exits with %d, expected %s and 0"
                  .formatted(
                      topology,
                      algorithm,
                      rank,
                      found,
                      job.process(rank).waitFor(),
                      expected.get(rank)));
        }
      }
    }
  }
}
