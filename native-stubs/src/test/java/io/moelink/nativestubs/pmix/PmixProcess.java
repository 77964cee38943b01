package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapException;
import io.moelink.bootstrap.Bootstraps;
import java.time.Duration;
import java.util.Arrays;

/** A rank of {@link PmixJobTest}: does what its argument says, and prints one line of it. */
final class PmixProcess {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(700);
  private static final Duration LATE = Duration.ofSeconds(3);
  private static final int ODD_ONE = 1;
  private static final int[] LENGTHS = {0, 1, 47, 48, 1000, 3, Bootstrap.GATHER_BYTES_MAX};

  private PmixProcess() {}

  public static void main(String[] args) throws Exception {
    Bootstrap mine = Bootstraps.started(System.getenv()).orElseThrow().open(System.getenv(), LONG);
    boolean odd = mine.rank() == ODD_ONE;
    long start = System.nanoTime();
    try (mine) {
      switch (args[0]) {
        case "rounds" -> {
          rounds(mine);
        }
        case "late" -> {
          if (odd) {
            Thread.sleep(LATE);
          }
          mine.barrier(SHORT);
        }
        case "close" -> {
          mine.barrier(LONG);
          if (!odd) {
            mine.barrier(LONG);
          }
        }
        case "die" -> {
          mine.barrier(LONG);
          if (odd) {
            // when the others wait: a server that has noticed a death before no longer counts it
            Thread.sleep(100);
            Runtime.getRuntime().halt(9);
          }
          mine.barrier(LONG);
        }
        case "mixed" -> {
          if (odd) {
            mine.allGather(new byte[7], LONG);
          } else {
            mine.barrier(LONG);
          }
        }
        case "interrupt" -> {
          if (odd) {
            Thread.sleep(SHORT);
          } else {
            Thread.currentThread().interrupt();
          }
          mine.barrier(SHORT);
        }
        case "meanwhile" -> {
          Thread closing =
              Thread.ofPlatform()
                  .start(
                      () -> {
                        try {
                          Thread.sleep(SHORT);
                        } catch (InterruptedException e) {
                          throw new IllegalStateException(e);
                        }
                        mine.close();
                      });
          if (!odd) {
            mine.barrier(Duration.ofSeconds(2));
          }
          closing.join();
        }
        default -> throw new IllegalArgumentException(args[0]);
      }
      say(mine, start, "done");
    } catch (BootstrapException e) {
      say(mine, start, "fault=" + e.rank() + " " + e.getMessage());
    }
    Thread.interrupted();
    threadsEnd(mine.rank());
  }

  private static void say(Bootstrap mine, long start, String what) {
    // in one piece: the lines of all ranks end in one stream
    System.out.print(
        "rank %d after %d s: %s\n"
            .formatted(mine.rank(), (System.nanoTime() - start) / 1_000_000_000, what));
    System.out.flush();
  }

  private static void rounds(Bootstrap mine) {
    for (int round = 0; round < 2 * LENGTHS.length; round++) {
      byte[][] all = mine.allGather(given(mine.rank(), round), LONG);
      for (int r = 0; r < all.length; r++) {
        if (!Arrays.equals(all[r], given(r, round))) {
          throw new IllegalStateException("round=%d of rank=%d".formatted(round, r));
        }
      }
      mine.barrier(LONG);
    }
    // those are to cost nothing that stays
    for (int round = 0; round < 2000; round++) {
      mine.barrier(LONG);
    }
  }

  private static byte[] given(int rank, int round) {
    byte[] given = new byte[LENGTHS[(round + rank) % LENGTHS.length]];
    Arrays.fill(given, (byte) (rank + round));
    return given;
  }

  /** The threads of a bootstrap end with it, or with the deadline of its last call. */
  private static void threadsEnd(int rank) throws InterruptedException {
    long deadline = System.nanoTime() + LATE.toNanos();
    while (Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().startsWith("moelink-pmix"))) {
      if (System.nanoTime() > deadline) {
        System.out.print("rank %d: a thread is left\n".formatted(rank));
        return;
      }
      Thread.sleep(50);
    }
  }
}
