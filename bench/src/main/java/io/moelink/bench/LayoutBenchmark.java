package io.moelink.bench;

import io.moelink.layout.dispatch.DispatchCounts;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.PermuteLayout;
import io.moelink.layout.dispatch.PullLayout;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.routing.TopK;
import java.io.IOException;
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
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The time that one rank needs for all its dispatch layouts: to index its own choices, and to read
 * what the others published. See {@link BenchRouting} for the routing.
 *
 * <p>{@code all} takes new memory every time; {@code allInUsedMemory} takes the arrays of layouts
 * that nobody reads any more, as a caller does that keeps a few and rotates them. The others are
 * the parts of {@code all}. With huge pages, which a runtime that keeps arrays of this size wants;
 * without them, all takes some 5 % more.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {
      "-Xms3g",
      "-Xmx3g",
      "-XX:+UseParallelGC",
      "-XX:+IgnoreUnrecognizedVMOptions",
      "-XX:+UseTransparentHugePages"
    })
public class LayoutBenchmark {
  private static final int ROTATED = 8;
  private static final int RANK = 0;

  @Param({"uniform", "gpt-oss-20b"})
  public String routing;

  @Param({"flat-8", "flat-16", "flat-64", "flat-256", "flat-1024", "ubbv2-2node", "ubbv2-32node"})
  public String topology;

  private BenchRouting input;
  private GatheredRouting gathered;
  private int turn;
  private RoutingIndex usedIndex;
  private PermuteLayout usedLayout;

  @Setup
  public void route() throws IOException {
    input = BenchRouting.of(routing, topology);
    gathered = input.gathered();
  }

  /** What the rank's gate gives it: another one every time, so that no branch learns it. */
  private TopK next() {
    turn = (turn + 1) % ROTATED;
    return input.choices()[turn];
  }

  /** All of it: what a rank does between its gate and its first row. */
  @Benchmark
  public void all(Blackhole sink) {
    sink.consume(index());
    sink.consume(counts());
    sink.consume(permute());
    sink.consume(pull());
  }

  @Benchmark
  public void allInUsedMemory(Blackhole sink) {
    usedIndex = RoutingIndex.of(next(), input.placement(), input.fabric(), usedIndex);
    sink.consume(usedIndex);
    sink.consume(counts());
    usedLayout =
        PermuteLayout.of(gathered, StagingPolicy.UNION, OutputShape.CANONICAL, RANK, usedLayout);
    sink.consume(usedLayout);
    sink.consume(pull());
  }

  @Benchmark
  public RoutingIndex index() {
    return RoutingIndex.of(next(), input.placement(), input.fabric());
  }

  @Benchmark
  public DispatchCounts counts() {
    return DispatchCounts.of(gathered, RANK);
  }

  @Benchmark
  public PermuteLayout permute() {
    return PermuteLayout.of(gathered, StagingPolicy.UNION, OutputShape.CANONICAL, RANK);
  }

  @Benchmark
  public PullLayout pull() {
    return PullLayout.of(gathered, StagingPolicy.UNION, RANK);
  }
}
