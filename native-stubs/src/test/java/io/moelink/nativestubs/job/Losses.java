package io.moelink.nativestubs.job;

import java.util.List;
import java.util.Random;

/** Loses something of a working group at random moments, again and again, and says how it went. */
final class Losses {
  /** Moments of the loss: from the first round on. */
  private static final int DELAY_MILLIS_MAX = 300;

  private Losses() {}

  /** One loss. */
  interface Loss {
    /**
     * Loses a rank, or what it needs, and checks the others.
     *
     * @param delay milliseconds from the start of the work
     * @return milliseconds until all others had named it
     */
    long lose(int victim, int delay) throws Exception;
  }

  /** Loses something {@code runs} times; says how long the slowest survivor took. */
  static String run(String what, int size, int runs, long seed, Loss loss) throws Exception {
    Random random = new Random(seed);
    List<String> before = Leftovers.found();
    long slowest = 0;
    long sum = 0;
    for (int run = 0; run < runs; run++) {
      int victim = random.nextInt(size);
      int delay = random.nextInt(DELAY_MILLIS_MAX);
      try {
        long millis = loss.lose(victim, delay);
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
        System.out.printf("%s: %d of %d runs, %d ms at most%n", what, run + 1, runs, slowest);
      }
    }
    return "%s, %d runs of %d processes, seed %d: named by all after %d ms on average, %d ms at most; those left went on, verified"
        .formatted(what, runs, size, seed, sum / runs, slowest);
  }
}
