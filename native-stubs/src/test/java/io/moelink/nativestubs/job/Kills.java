package io.moelink.nativestubs.job;

/**
 * Loses a rank of a working group at a random moment, again and again: {@code Kills [TRANSPORT
 * [PROCESSES [RUNS [SEED [kill|stop]]]]]}, shm, 4, 100, any and kill when not said. The others go
 * on without it, and what they get is checked.
 */
final class Kills {
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
    String what = (stop ? "stops: " : "kills: ") + transport;
    return Losses.run(what, size, runs, seed, new LostRank(transport, size, stop)::lose);
  }
}
