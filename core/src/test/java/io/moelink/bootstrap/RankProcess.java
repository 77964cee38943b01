package io.moelink.bootstrap;

import java.time.Duration;

/** What the processes of {@link RankProcessesTest} run: a few rounds, then as the argument says. */
final class RankProcess {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private RankProcess() {}

  public static void main(String[] args) throws InterruptedException {
    try (Bootstrap mine = Bootstraps.fromEnvironment()) {
      for (int round = 0; round < 10; round++) {
        byte[][] all = mine.allGather(new byte[] {(byte) mine.rank(), (byte) round}, TIMEOUT);
        for (int r = 0; r < mine.size(); r++) {
          if (all[r].length != 2 || all[r][0] != r || all[r][1] != round) {
            throw new IllegalStateException("rank=%d round=%d".formatted(r, round));
          }
        }
      }
      System.out.println("met " + mine.size());
      if (args.length > 0 && mine.rank() == Integer.parseInt(args[0])) {
        // until it is killed
        Thread.sleep(TIMEOUT);
      }
      mine.barrier(TIMEOUT);
    } catch (BootstrapException e) {
      System.out.println(e.rank() + " " + e.getMessage());
      System.exit(1);
    }
  }
}
