package io.moelink.bench;

import io.moelink.Dispatched;
import io.moelink.TokenBuffer;
import java.util.List;
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
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * The calls of a whole group on loopback, one thread for each rank; the time is that of rank 0, for
 * which the others can be one call ahead at most. All ranks bring the same number of tokens.
 *
 * <p>{@code dispatch} is given a new routing, so it has the layouts in it; {@code
 * dispatchOfKnownRouting} moves rows only. {@code -prof gc} shows the heap that all ranks take for
 * a call: on loopback divide by the ranks. Bytes are the same for {@code -p ranks=4 -p tokens=1024}
 * and {@code -p ranks=64 -p tokens=64}: how the cost of a byte grows with the ranks.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "-Xms1g",
      "-Xmx1g",
      "-XX:+UseParallelGC",
      "--enable-native-access=ALL-UNNAMED",
      "--add-opens=java.base/java.nio=ALL-UNNAMED"
    })
public class ExchangeBenchmark {
  @Param({"2", "4", "8"})
  public int ranks;

  @Param({"1", "128", "1024", "8192"})
  public int tokens;

  @Param("2880")
  public int hidden;

  @Param("8")
  public int topK;

  @Param("256")
  public int experts;

  @Param("BF16")
  public String type;

  @Param({"uniform", "zipf:1.2", "one-expert"})
  public String routing;

  @Param("direct")
  public String algorithm;

  private ExchangeRanks group;
  private ExchangeRanks.Rank first;

  @Setup
  public void open(BenchmarkParams parameters) {
    String name = parameters.getBenchmark();
    ExchangeRanks.Call call =
        switch (name.substring(name.lastIndexOf('.') + 1)) {
          case "dispatch" -> ExchangeBenchmark::dispatch;
          case "dispatchOfKnownRouting" -> ExchangeBenchmark::dispatchOfKnownRouting;
          case "combine" -> ExchangeBenchmark::combine;
          case "roundTrip" -> ExchangeBenchmark::roundTrip;
          default -> throw new IllegalArgumentException("no call of this name: " + name);
        };
    group = new ExchangeRanks(this, call);
    first = group.first();
  }

  @TearDown
  public void close() throws InterruptedException {
    group.close();
  }

  @Benchmark
  public void dispatch() {
    dispatch(first);
  }

  @Benchmark
  public void dispatchOfKnownRouting() {
    dispatchOfKnownRouting(first);
  }

  @Benchmark
  public void combine() {
    combine(first);
  }

  /** A dispatch of a new routing and its combine. */
  @Benchmark
  public void roundTrip() {
    roundTrip(first);
  }

  private static void dispatch(ExchangeRanks.Rank rank) {
    rank.group().dispatchAsync(rank.inputs(), rank.topK(), rank.rows()).await().handle().close();
  }

  private static void dispatchOfKnownRouting(ExchangeRanks.Rank rank) {
    rank.group().dispatch(rank.handle(), rank.inputs(), rank.rows());
  }

  private static void combine(ExchangeRanks.Rank rank) {
    rank.group().combine(rank.handle(), rank.rows().getFirst(), rank.out());
  }

  private static void roundTrip(ExchangeRanks.Rank rank) {
    List<TokenBuffer> rows = rank.rows();
    Dispatched came = rank.group().dispatchAsync(rank.inputs(), rank.topK(), rows).await();
    rank.group().combine(came.handle(), rows.getFirst(), rank.out());
    came.handle().close();
  }
}
