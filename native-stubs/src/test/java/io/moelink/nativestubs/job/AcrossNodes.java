package io.moelink.nativestubs.job;

import io.moelink.ExpertGroupConfig;
import io.moelink.kernel.ElementType;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Two nodes that lose a rank or the link between them, again and again: {@code AcrossNodes
 * kill|down [RUNS [SEED]]}; or {@code AcrossNodes work OPTION...} with options of
 * with-two-nodes.sh, for three rounds that are checked. Two ranks a node; run in the module's
 * folder, as root.
 */
final class AcrossNodes {
  private static final int RANKS = 4;
  private static final long TIMEOUT_MILLIS = 3000;
  private static final long KILL_LIMIT_MILLIS = 2000;

  /** Beyond the deadline, for a busy machine. */
  private static final long GRACE_MILLIS = 2000;

  private static final long WINDOW_MILLIS = 2500;
  private static final String ALGORITHM = "hierarchical";
  private static final Topology ALL = Topologies.named("flat-" + RANKS);

  private AcrossNodes() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("work")) {
      work(List.of(arguments).subList(1, arguments.length).toArray(String[]::new));
      System.out.println("across nodes: as on loopback");
      return;
    }
    int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20;
    long seed = arguments.length > 2 ? Long.parseLong(arguments[2]) : System.nanoTime();
    System.out.println(run(arguments[0].equals("down"), runs, seed));
  }

  /** Loses something {@code runs} times; says how long it took. */
  static String run(boolean down, int runs, long seed) throws Exception {
    String what = (down ? "link down" : "kills") + " across nodes";
    return Losses.run(
        what, RANKS, runs, seed, (victim, delay) -> down ? down(delay) : kill(victim, delay));
  }

  /** Rounds that go well, over a link with these options of with-two-nodes.sh. */
  static void work(String... options) throws Exception {
    int rounds = 3;
    List<String> expected = Loopback.digests(config(ALL), rounds);
    TwoNodes nodes = TwoNodes.run(List.of(options), Map.of(), arguments(rounds));
    for (int rank = 0; rank < RANKS; rank++) {
      check(rank, nodes.said(rank, "digest").text(), expected.get(rank));
    }
  }

  /** Milliseconds from the kill until the last of those left has named the rank. */
  private static long kill(int victim, int delay) throws Exception {
    TwoNodes nodes =
        TwoNodes.run(
            List.of(),
            Map.of(
                "VICTIM",
                "" + victim,
                "KILL_MS",
                "" + delay,
                GroupProcess.SHRINK,
                "" + WINDOW_MILLIS),
            arguments(Integer.MAX_VALUE));
    long start = nodes.said(victim, "killed").millis();
    List<String> expected = Loopback.digests(config(ALL.without(victim)), GroupProcess.ROUNDS_LEFT);
    long last = start;
    int now = 0;
    for (int rank = 0; rank < RANKS; rank++) {
      if (rank == victim) {
        continue;
      }
      TwoNodes.Said failed = nodes.said(rank, "failed");
      blames(rank, failed.text(), List.of(victim));
      last = Math.max(last, failed.millis());
      if (victim == 0) {
        // it held the store
        check(rank, nodes.said(rank, "alone").text().substring(0, 2), "0 ");
      } else {
        String ranks = List.of(0, 1, 2, 3).stream().filter(r -> r != victim).toList().toString();
        check(
            rank,
            nodes.said(rank, "shrunk").text(),
            ranks.replace(" ", "") + " digest " + expected.get(now++));
      }
    }
    return within(last - start, KILL_LIMIT_MILLIS);
  }

  /** The same for the link. Those with the store go on; the others cannot, and say so. */
  private static long down(int delay) throws Exception {
    TwoNodes nodes =
        TwoNodes.run(
            List.of("--down", "" + delay),
            Map.of(
                GroupProcess.TIMEOUT, "" + TIMEOUT_MILLIS, GroupProcess.SHRINK, "" + WINDOW_MILLIS),
            arguments(Integer.MAX_VALUE));
    long last = nodes.downMillis();
    List<String> expected = Loopback.digests(config(ALL.without(2, 3)), GroupProcess.ROUNDS_LEFT);
    for (int rank = 0; rank < RANKS; rank++) {
      TwoNodes.Said failed = nodes.said(rank, "failed");
      blames(rank, failed.text(), rank < 2 ? List.of(2, 3) : List.of(0, 1));
      last = Math.max(last, failed.millis());
      if (rank < 2) {
        check(rank, nodes.said(rank, "shrunk").text(), "[0,1] digest " + expected.get(rank));
      } else {
        check(rank, nodes.said(rank, "alone").text().substring(0, 2), "0 ");
      }
    }
    return within(last - nodes.downMillis(), TIMEOUT_MILLIS + GRACE_MILLIS);
  }

  private static String[] arguments(int rounds) {
    return new String[] {"flat-" + RANKS, ALGORITHM, "bf16", "1", "" + rounds, "ucx"};
  }

  private static ExpertGroupConfig config(Topology topology) {
    return GroupWork.config(topology, ALGORITHM, ElementType.BF16, 1, Duration.ofSeconds(30));
  }

  private static void blames(int rank, String failure, List<Integer> those) {
    if (those.stream().noneMatch(other -> failure.startsWith(other + " "))) {
      throw new AssertionError(
          "rank %d blames %s, expected one of %s".formatted(rank, failure, those));
    }
  }

  private static void check(int rank, String found, String expected) {
    if (!found.equals(expected)) {
      throw new AssertionError("rank %d: found %s, expected %s".formatted(rank, found, expected));
    }
  }

  private static long within(long millis, long limit) {
    if (millis > limit) {
      throw new AssertionError("named after %d ms, expected at most %d".formatted(millis, limit));
    }
    return millis;
  }
}
