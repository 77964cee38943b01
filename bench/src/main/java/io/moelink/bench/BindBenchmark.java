package io.moelink.bench;

import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.plan.Step;
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
 * What an execution needs beyond the index: the rows of all steps of one rank, for a dispatch and a
 * combine. See {@link BenchRouting} for the routing.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {"-Xms3g", "-Xmx3g", "-XX:+UseParallelGC"})
public class BindBenchmark {
  private static final int RANK = 0;

  @Param({"uniform", "gpt-oss-20b"})
  public String routing;

  @Param({"flat-16", "ubbv2-2node"})
  public String topology;

  @Param({"direct", "hierarchical", "allgather", "relay"})
  public String algorithm;

  private BenchRouting input;
  private Plan dispatch;
  private Plan combine;

  @Setup
  public void plan() throws IOException {
    input = BenchRouting.of(routing, topology);
    Algorithm chosen = Algorithms.named(algorithm);
    dispatch = chosen.dispatch(PlanRequest.of(input.fabric()));
    combine = chosen.combine(PlanRequest.of(input.fabric()));
  }

  @Benchmark
  public void bind(Blackhole sink) {
    RowBinder binder = new RowBinder(input.gathered(), OutputShape.CANONICAL);
    for (Step step : dispatch.steps(RANK)) {
      sink.consume(binder.rows(step));
    }
    for (Step step : combine.steps(RANK)) {
      sink.consume(binder.rows(step));
    }
  }
}
