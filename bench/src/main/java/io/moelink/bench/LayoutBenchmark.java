package io.moelink.bench;

import io.moelink.layout.dispatch.DispatchCounts;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.PermuteLayout;
import io.moelink.layout.dispatch.PullLayout;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.plan.Step;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.RoutingFile;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
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
 * what the others published. 4096 tokens a rank; uniform choices are 8 of 256 experts,
 * "gpt-oss-20b" are layer 12 of the recording in shared/traces, 4 of 32 experts.
 *
 * <p>{@code all} takes new memory every time; {@code allInUsedMemory} takes the arrays of layouts
 * that nobody reads any more, as a caller does that keeps a few and rotates them. {@code index},
 * {@code counts}, {@code permute} and {@code pull} are the parts of {@code all}; {@code bind...} is
 * what an executor needs of rank 0 on top: the rows of all steps of its plan.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 2,
    jvmArgsAppend = {"-Xms3g", "-Xmx3g", "-XX:+UseParallelGC"})
public class LayoutBenchmark {
  private static final int TOKENS = 4096;
  private static final int ROTATED = 8;
  private static final int RANK = 0;

  @Param({"uniform"})
  public String routing;

  @Param({"flat-16", "flat-64", "flat-256", "ubbv2-2node", "ubbv2-32node"})
  public String topology;

  private Topology fabric;
  private ExpertPlacement placement;

  /** What the rank's gate gives it, another one every time. */
  private TopK[] own;

  private int turn;
  private RoutingIndex usedIndex;
  private PermuteLayout usedLayout;
  private GatheredRouting gathered;
  private Plan directDispatch;
  private Plan directCombine;
  private Plan hierarchicalDispatch;
  private Plan hierarchicalCombine;

  @Setup
  public void route() throws IOException {
    fabric = Topologies.named(topology);
    int ranks = fabric.rankCount();
    TopK[] choices = choices(ranks);
    placement = ExpertPlacement.contiguous(choices[0].experts(), ranks);
    own = Arrays.copyOf(choices, Math.min(ranks, ROTATED));
    for (TopK choice : own) {
      if (choice.tokens() != TOKENS) {
        throw new IllegalStateException(choice + ", expected " + TOKENS + " tokens a rank");
      }
    }
    gathered =
        new GatheredRouting(
            fabric,
            placement,
            choices[0].topK(),
            Arrays.stream(choices).map(c -> RoutingIndex.of(c, placement, fabric)).toList());
    if (ranks <= 64) {
      PlanRequest request = PlanRequest.of(fabric);
      directDispatch = Algorithms.named("direct").dispatch(request);
      directCombine = Algorithms.named("direct").combine(request);
      hierarchicalDispatch = Algorithms.named("hierarchical").dispatch(request);
      hierarchicalCombine = Algorithms.named("hierarchical").combine(request);
    }
  }

  private TopK[] choices(int ranks) throws IOException {
    if (routing.equals("uniform")) {
      return new RoutingGenerator(RoutingSpec.UNIFORM, 1, 256, 8, 1).topK(tokensOf(ranks));
    }
    // 65,536 tokens are recorded: more ranks begin from the start again
    Path traces = Path.of("../shared/traces");
    TopK[] recorded =
        new RoutingFile(
                traces.resolve("gptoss20b_topk_ids.npy"),
                traces.resolve("gptoss20b_topk_weights.npy"),
                OptionalInt.of(12))
            .load(32, tokensOf(Math.min(ranks, 16)));
    TopK[] choices = new TopK[ranks];
    Arrays.setAll(choices, rank -> recorded[rank % recorded.length]);
    return choices;
  }

  private static int[] tokensOf(int ranks) {
    int[] tokens = new int[ranks];
    Arrays.fill(tokens, TOKENS);
    return tokens;
  }

  private TopK next() {
    turn = (turn + 1) % own.length;
    return own[turn];
  }

  /** All of it: what a rank does between its gate and its first row. */
  @Benchmark
  public void all(Blackhole sink) {
    sink.consume(RoutingIndex.of(next(), placement, fabric));
    sink.consume(DispatchCounts.of(gathered, RANK));
    sink.consume(permute());
    sink.consume(pull());
  }

  @Benchmark
  public void allInUsedMemory(Blackhole sink) {
    usedIndex = RoutingIndex.of(next(), placement, fabric, usedIndex);
    sink.consume(usedIndex);
    sink.consume(DispatchCounts.of(gathered, RANK));
    usedLayout =
        PermuteLayout.of(gathered, StagingPolicy.UNION, OutputShape.CANONICAL, RANK, usedLayout);
    sink.consume(usedLayout);
    sink.consume(pull());
  }

  @Benchmark
  public RoutingIndex index() {
    return RoutingIndex.of(next(), placement, fabric);
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

  @Benchmark
  public void bindDirect(Blackhole sink) {
    bind(sink, directDispatch, directCombine);
  }

  @Benchmark
  public void bindHierarchical(Blackhole sink) {
    bind(sink, hierarchicalDispatch, hierarchicalCombine);
  }

  private void bind(Blackhole sink, Plan dispatch, Plan combine) {
    if (dispatch == null) {
      throw new IllegalStateException("bound on 64 ranks or fewer only");
    }
    RowBinder binder = new RowBinder(gathered, OutputShape.CANONICAL);
    for (Step step : dispatch.steps(RANK)) {
      sink.consume(binder.rows(step));
    }
    for (Step step : combine.steps(RANK)) {
      sink.consume(binder.rows(step));
    }
  }
}
