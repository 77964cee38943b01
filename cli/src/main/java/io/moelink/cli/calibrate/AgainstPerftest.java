package io.moelink.cli.calibrate;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.cli.Progress;
import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportProvider;
import java.time.Duration;

/**
 * One rank's part of a comparison with UCX's own measuring program. They take turns, round after
 * round, so that what the machine does meanwhile falls on both. While one works the other sleeps.
 *
 * <p>Both put the same megabyte again and again, a few puts under way, until all are there; and
 * both send 8 bytes there and back, of which half counts. Ours are signals, which say that all that
 * was put before is there and wake who sleeps; the program's are bytes that a reader spins on.
 */
final class AgainstPerftest {
  private static final Duration TIMEOUT = Duration.ofSeconds(120);
  private static final long BYTES = 1 << 20;
  private static final int PUTS = 500;

  /** Few, since the program spins on a core: where others run there, each waits for its turn. */
  private static final int SIGNALS = 3000;

  private static final int UNDER_WAY = 16;

  /** One of so many puts and signals runs before those that count, as the program's own do. */
  static final int WARM_UP = 10;

  /** Signals and small puts at first whose figures do not count: until all is compiled. */
  private static final int FIRST = 60_000;

  private static final int FIRST_BYTES = 64;

  private final TransportProvider provider;
  private final Bootstrap bootstrap;
  private final int rounds;
  private final Progress progress;
  private long signals;

  /** Medians of all rounds. */
  record Result(
      String transport,
      double putRate,
      double perftestPutRate,
      double signalMicroseconds,
      double perftestPutMicroseconds) {}

  AgainstPerftest(TransportProvider provider, Bootstrap bootstrap, int rounds, Progress progress) {
    this.provider = provider;
    this.bootstrap = bootstrap;
    this.rounds = rounds;
    this.progress = progress;
  }

  /** Runs all rounds; what rank 0 returns counts. */
  Result run() {
    try (Transport transport = provider.open(new TransportConfig(bootstrap, 2, TIMEOUT, 1))) {
      Region own = transport.allocate(MemoryKind.SHARED, BYTES, "puts");
      own.segment().fill((byte) 1);
      byte[][] keys = bootstrap.allGather(transport.export(own), TIMEOUT);
      boolean first = bootstrap.rank() == 0;
      Region remote = first ? transport.attach(1, keys[1]) : own;
      double[][] found = new double[4][rounds];
      if (first) {
        puts(transport, own, remote, FIRST, FIRST_BYTES);
      }
      signals(transport, FIRST);
      for (int round = 0; round < rounds; round++) {
        bootstrap.barrier(TIMEOUT);
        if (first) {
          puts(transport, own, remote, PUTS / WARM_UP, BYTES);
          found[0][round] = puts(transport, own, remote, PUTS, BYTES);
        }
        bootstrap.barrier(TIMEOUT);
        found[1][round] = first ? UcxPerftest.putGigabytesPerSecond(BYTES, PUTS) : 0;
        bootstrap.barrier(TIMEOUT);
        // two threads that were woken on one core part meanwhile
        signals(transport, SIGNALS / WARM_UP);
        found[2][round] = signals(transport, SIGNALS);
        bootstrap.barrier(TIMEOUT);
        found[3][round] = first ? UcxPerftest.putMicroseconds(SIGNALS) : 0;
        progress.step();
      }
      bootstrap.barrier(TIMEOUT);
      return new Result(
          transport.name(),
          Medians.of(found[0]),
          Medians.of(found[1]),
          Medians.of(found[2]),
          Medians.of(found[3]));
    }
  }

  /** 10^9 bytes a second of puts to rank 1, until all are there. */
  private static double puts(
      Transport transport, Region own, Region remote, int count, long bytes) {
    Deadline deadline = Deadline.after(TIMEOUT);
    long[] underWay = new long[UNDER_WAY];
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      transport.awaitSourceFree(underWay[i % UNDER_WAY], 1, deadline);
      underWay[i % UNDER_WAY] = transport.postPut(own, 0, remote, 0, bytes);
    }
    transport.flush(1, deadline);
    return (double) count * bytes / (System.nanoTime() - start);
  }

  /** Half of the time in which a signal goes from rank 0 to rank 1 and another one back. */
  private double signals(Transport transport, int count) {
    Deadline deadline = Deadline.after(TIMEOUT);
    int rank = transport.rank();
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      signals++;
      if (rank == 0) {
        transport.signal(1, 0, signals);
      }
      transport.awaitSignal(0, signals, deadline, 1 - rank);
      if (rank == 1) {
        transport.signal(0, 0, signals);
      }
    }
    return (System.nanoTime() - start) / 1e3 / count / 2;
  }
}
