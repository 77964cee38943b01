package io.moelink.nativestubs.job;

import java.io.IOException;
import java.util.Map;

/**
 * Many rounds, and what is left of them: {@code Soak [TRANSPORT [PROCESSES [ROUNDS]]]}, shm, 4 and
 * 10,000 when not said. Every round is a dispatch and a combine, forward and backward.
 */
final class Soak {
  /** What compiled code and the collector may still take after a fifth of the rounds. */
  private static final long RSS_GROWTH_KIB_MAX = 6 << 10;

  private Soak() {}

  public static void main(String[] arguments) throws Exception {
    String transport = arguments.length > 0 ? arguments[0] : "shm";
    int size = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4;
    int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 10_000;
    System.out.println(run(transport, size, rounds));
  }

  /** Runs a group and checks that nothing grows; says by how much. */
  static String run(String transport, int size, int rounds)
      throws IOException, InterruptedException {
    StringBuilder said = new StringBuilder();
    try (Job job =
        Job.start(
            size,
            rank -> Map.of(),
            "flat-" + size,
            "hierarchical",
            "bf16",
            "1",
            "" + rounds,
            transport)) {
      for (int rank = 0; rank < size; rank++) {
        String[] first = job.line(rank, "round").split(" ");
        String[] last = first;
        while (!last[0].equals("" + rounds)) {
          last = job.line(rank, "round").split(" ");
        }
        job.line(rank, "digest");
        int exit = job.process(rank).waitFor();
        said.append(
            "soak: rank %d, rounds %s to %s: rss %s to %s KiB, descriptors %s to %s, exit %d%n"
                .formatted(rank, first[0], last[0], first[2], last[2], first[4], last[4], exit));
        long growth = Long.parseLong(last[2]) - Long.parseLong(first[2]);
        if (exit != 0 || growth > RSS_GROWTH_KIB_MAX || !first[4].equals(last[4])) {
          throw new AssertionError("memory or descriptors are not flat:\n" + said);
        }
      }
    }
    return said.toString().stripTrailing();
  }
}
