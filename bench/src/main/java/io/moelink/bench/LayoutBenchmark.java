package io.moelink.bench;

import io.moelink.layout.dispatch.DispatchCounts;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.PermuteLayout;
import io.moelink.layout.dispatch.PullLayout;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
 * what the others published. Choices are uniform, 4096 tokens of 8 experts out of 256 a rank.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 2,
    jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+UseParallelGC"})
public class LayoutBenchmark {
  private static final int TOKENS = 4096;
  private static final int TOP_K = 8;
  private static final int EXPERTS = 256;

  @Param({"flat-16", "flat-64", "flat-256", "ubbv2-2node", "ubbv2-32node"})
  public String topology;

  private Topology fabric;
  private ExpertPlacement placement;
  private TopK own;
  private RoutingIndex index;
  private GatheredRouting routing;

  @Setup
  public void route() {
    fabric = Topologies.named(topology);
    placement = ExpertPlacement.contiguous(EXPERTS, fabric.rankCount());
    List<RoutingIndex> sources = new ArrayList<>();
    for (int rank = 0; rank < fabric.rankCount(); rank++) {
      TopK choices = uniform(new Random(rank));
      own = rank == 0 ? choices : own;
      sources.add(RoutingIndex.of(choices, placement, fabric));
    }
    index = sources.getFirst();
    routing = new GatheredRouting(fabric, placement, TOP_K, sources);
  }

  private static TopK uniform(Random random) {
    int[] ids = new int[TOKENS * TOP_K];
    for (int token = 0; token < TOKENS; token++) {
      long[] taken = new long[EXPERTS / Long.SIZE];
      for (int k = 0; k < TOP_K; k++) {
        int expert = random.nextInt(EXPERTS);
        while ((taken[expert / Long.SIZE] >>> expert & 1) != 0) {
          expert = random.nextInt(EXPERTS);
        }
        taken[expert / Long.SIZE] |= 1L << expert;
        ids[token * TOP_K + k] = expert;
      }
    }
    return TopK.of(ids, null, TOKENS, TOP_K, EXPERTS);
  }

  /** All of it: what a rank does between its gate and its first row. */
  @Benchmark
  public void all(Blackhole sink) {
    sink.consume(RoutingIndex.of(own, placement, fabric));
    sink.consume(DispatchCounts.of(routing, 0));
    sink.consume(PermuteLayout.of(routing, StagingPolicy.UNION, OutputShape.CANONICAL, 0));
    sink.consume(PullLayout.of(routing, StagingPolicy.UNION, 0));
  }

  @Benchmark
  public RoutingIndex index() {
    return RoutingIndex.of(own, placement, fabric);
  }

  @Benchmark
  public DispatchCounts counts() {
    return DispatchCounts.of(routing, 0);
  }

  @Benchmark
  public PermuteLayout permute() {
    return PermuteLayout.of(routing, StagingPolicy.UNION, OutputShape.CANONICAL, 0);
  }

  @Benchmark
  public PullLayout pull() {
    return PullLayout.of(routing, StagingPolicy.UNION, 0);
  }
}
