package io.moelink.bench;

import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.SlotIndex;
import io.moelink.layout.routing.TopK;
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

/**
 * The sort of one rank's slots by expert, top-8, into arrays that are there. Other choices every
 * time, so that no branch learns them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx512m", "-XX:+UseParallelGC"})
public class SlotIndexBenchmark {
  private static final int ROTATED = 8;
  private static final int TOP_K = 8;

  @Param({"uniform", "zipf:1.2", "one-expert"})
  public String routing;

  @Param({"128", "4096"})
  public int tokens;

  @Param({"32", "256", "1024"})
  public int experts;

  private final TopK[] choices = new TopK[ROTATED];
  private int[] offsets;
  private int[] slots;
  private int turn;

  @Setup
  public void choose() {
    RoutingGenerator generator =
        new RoutingGenerator(RoutingSpec.parse(routing), 1, experts, TOP_K, 1);
    for (int i = 0; i < ROTATED; i++) {
      choices[i] = generator.topK(i, tokens);
    }
    offsets = new int[experts + 1];
    slots = new int[tokens * TOP_K];
  }

  @Benchmark
  public int[] build() {
    turn = (turn + 1) % ROTATED;
    SlotIndex.build(choices[turn].ids(), tokens, TOP_K, experts, offsets, slots);
    return slots;
  }
}
