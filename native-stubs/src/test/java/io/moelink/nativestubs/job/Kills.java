package io.moelink.nativestubs.job;

import java.util.List;
import java.util.Random;

/**
 * Loses a rank of a working group at a random moment, again and again: {@code Kills [TRANSPORT
 * [PROCESSES [RUNS [SEED [kill|stop]]]]]}, shm, 4, 100, any and kill when not said. The others go
 * on without it, and what they get is checked.
 */
final class Kills {
  /** Moments of the loss: from the first round on. */
  private static final int DELAY_MILLIS_MAX = 300;

  private Kills() {}

  public static void main(String[] arguments) throws Exception {
    String transport = arguments.length > 0 ? arguments[0] : "shm";
    int size = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4;
    int runs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 100;
    long seed = arguments.length > 3 ? Long.parseLong(arguments[3]) : System.nanoTime();
    boolean stop = arguments.length > 4 && arguments[4].equals("stop");
    System.out.println(run(transport, size, runs, seed, stop));
  }

  /** Kills {@code runs} times; says how long the slowest survivor took. */
  static String run(String transport, int size, int runs, long seed) throws Exception {
    return run(transport, size, runs, seed, false);
  }

  /**
   * Loses a rank {@code runs} times.
   *
   * @param stop by SIGSTOP, which only a deadline notices; else by SIGKILL
   */
  static String run(String transport, int size, int runs, long seed, boolean stop)
      throws Exception {
    Random random = new Random(seed);
    LostRank lost = new LostRank(transport, size, stop);
    List<String> before = Leftovers.found();
    long slowest = 0;
    long sum = 0;
    for (int run = 0; run < runs; run++) {
      int victim = random.nextInt(size);
      int delay = random.nextInt(DELAY_MILLIS_MAX);
      try {
        long millis = lost.lose(victim, delay);
        slowest = Math.max(slowest, millis);
        sum += millis;
        Leftovers.check(before);
      } catch (AssertionError e) {
        throw new AssertionError(
            "seed %d, run %d, victim %d, after %d ms: %s"
                .formatted(seed, run, victim, delay, e.getMessage()),
            e);
      }
      if ((run + 1) % 10 == 0) {
        System.out.printf("kills: %d of %d runs, %d ms at most%n", run + 1, runs, slowest);
      }
    }
    return "%s: %s, %d runs of %d processes, seed %d: named by all after %d ms on average, %d ms at most; those left went on, verified"
        .formatted(stop ? "stops" : "kills", transport, runs, size, seed, sum / runs, slowest);
  }
}
