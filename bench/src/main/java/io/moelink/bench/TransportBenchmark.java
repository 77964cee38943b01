package io.moelink.bench;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.Span;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Two ranks, threads of one process: a put of one row of 14,336 bytes with its signal, a gather of
 * 64 such rows of the other rank's, and a signal there and back. The round trip needs two free
 * cores to mean anything.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx512m", "--enable-native-access=ALL-UNNAMED"})
public class TransportBenchmark {
  private static final int ROW_BYTES = 14_336;
  private static final int ROWS = 64;
  private static final int PUT = 0;
  private static final int ROUND = 1;
  private static final int STOP = Integer.MAX_VALUE;

  @Param({"shm", "loopback"})
  public String transport;

  private TwoRanks ranks;
  private Transport mine;
  private Region own;
  private Region remote;
  private Span from;
  private Span to;
  private MemorySegment order;
  private Thread echo;
  private long round;

  @Setup
  public void open() throws InterruptedException, ExecutionException {
    ranks = TwoRanks.open(transport);
    mine = ranks.first();
    own = mine.allocate(MemoryKind.SHARED, ROWS * ROW_BYTES, "rows");
    Transport other = ranks.second();
    Region theirs = other.allocate(MemoryKind.SHARED, ROWS * ROW_BYTES, "inbox");
    remote = mine.attach(1, other.export(theirs));
    from = Span.of(remote);
    to = Span.of(own);
    int[] backwards = new int[ROWS];
    Arrays.setAll(backwards, row -> ROWS - 1 - row);
    order = OffHeap.ints(backwards);
    echo = new Thread(() -> echo(other));
    echo.start();
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(60));
  }

  private static void echo(Transport other) {
    for (long next = 1; ; next++) {
      other.awaitSignal(ROUND, next, soon(), 0);
      if (other.signalValue(ROUND) == STOP) {
        return;
      }
      other.signal(0, ROUND, next);
    }
  }

  @TearDown
  public void close() throws InterruptedException {
    mine.signal(1, ROUND, STOP);
    echo.join();
    ranks.close();
  }

  @Benchmark
  public void putSignal() {
    mine.putSignal(own, 0, remote, 0, ROW_BYTES, PUT, 1);
  }

  @Benchmark
  public void gather() {
    mine.kernels().gatherRows(to, from, ROW_BYTES, ROWS, order);
  }

  @Benchmark
  public void signalAndBack() {
    mine.signal(1, ROUND, ++round);
    mine.awaitSignal(ROUND, round, soon(), 1);
  }
}
