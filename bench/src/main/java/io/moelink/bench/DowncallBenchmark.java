package io.moelink.bench;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.Span;
import io.moelink.transport.Transport;
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
 * What a call costs that does next to nothing: on shm one downcall each, {@code signalValue} and
 * {@code signal} without a change of the thread's state, {@code progress} and {@code gatherOneRow}
 * with one. On loopback the same in Java.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx512m", "--enable-native-access=ALL-UNNAMED"})
public class DowncallBenchmark {
  @Param({"shm", "loopback"})
  public String transport;

  private TwoRanks ranks;
  private Transport mine;
  private Span src;
  private Span dst;

  @Setup
  public void open() throws InterruptedException, ExecutionException {
    ranks = TwoRanks.open(transport);
    mine = ranks.first();
    Region region = mine.allocate(MemoryKind.SHARED, 8192, "benchmark");
    src = Span.of(region);
    dst = new Span(region, 4096);
  }

  @TearDown
  public void close() {
    ranks.close();
  }

  @Benchmark
  public long signalValue() {
    return mine.signalValue(0);
  }

  @Benchmark
  public void signal() {
    mine.signal(1, 0, 1);
  }

  @Benchmark
  public void progress() {
    mine.progress();
  }

  @Benchmark
  public void gatherOneRow() {
    mine.kernels().gatherRows(dst, src, 64, 1, null);
  }
}
