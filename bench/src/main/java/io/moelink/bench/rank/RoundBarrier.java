package io.moelink.bench.rank;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * Lets ranks start together: a counter in a file that threads and processes map. A group's own
 * barrier goes over sockets, and its ranks would leave it a tenth of a millisecond apart. One
 * object a rank, used by one thread.
 */
final class RoundBarrier {
  private static final VarHandle COUNTER = ValueLayout.JAVA_LONG.varHandle();
  private static final Duration TIMEOUT = Duration.ofSeconds(120);

  /** Looks before a rank lets others run, where each has a core of its own. */
  private static final int SPINS = 2000;

  private final MemorySegment counter;
  private final int ranks;

  /**
   * Looks before a rank lets others run: where there are more of them, they are what it waits for.
   */
  private final int spins;

  private long passed;

  /**
   * A rank's view of the barrier.
   *
   * @param file of the group, made by whoever comes first
   */
  RoundBarrier(Path file, int ranks) throws IOException {
    this.ranks = ranks;
    spins = ranks > Runtime.getRuntime().availableProcessors() ? 1 : SPINS;
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      counter = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES, Arena.ofAuto());
    }
  }

  /** Returns when all ranks have called it. */
  void await() {
    passed++;
    COUNTER.getAndAdd(counter, 0L, 1L);
    long deadline = 0;
    for (long looks = 1; (long) COUNTER.getVolatile(counter, 0L) < passed * ranks; looks++) {
      if (looks % spins != 0) {
        Thread.onSpinWait();
        continue;
      }
      Thread.yield();
      long now = System.nanoTime();
      deadline = deadline == 0 ? now + TIMEOUT.toNanos() : deadline;
      if (now - deadline > 0) {
        throw new IllegalStateException(
            "a rank did not come to a round within " + TIMEOUT.toSeconds() + " s");
      }
    }
  }
}
