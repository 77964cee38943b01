package io.moelink.cli.calibrate;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.ScatterRows;
import io.moelink.kernel.Span;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.plan.Step;
import io.moelink.layout.plan.StepRows;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The row kernels of one rank in an exchange of uniform routing, without the waits between them:
 * the same rows in the same order, so that memory sees what it sees in an exchange.
 */
final class KernelRows {
  static final int HIDDEN = 7168;
  static final long ROW_BYTES = HIDDEN * (long) ElementType.BF16.bytes();

  /** Tokens of all ranks together: more than caches hold, once they are dealt to experts. */
  private static final int TOKENS = 2048;

  private static final int EXPERTS = 256;
  private static final int TOP_K = 8;

  private final List<Runnable> permutes = new ArrayList<>();
  private final List<Runnable> reduces = new ArrayList<>();
  private final RowBinder binder;
  private final int rank;
  private long permutedRows;
  private long summedRows;

  KernelRows(Topology topology, int rank) {
    this.rank = rank;
    int ranks = topology.rankCount();
    int experts = Math.max(EXPERTS, ranks);
    ExpertPlacement placement = ExpertPlacement.contiguous(experts, ranks);
    int[] tokens = new int[ranks];
    Arrays.fill(tokens, Math.max(1, TOKENS / ranks));
    TopK[] choices = new RoutingGenerator(RoutingSpec.UNIFORM, 1, experts, TOP_K, 1).topK(tokens);
    List<RoutingIndex> indices =
        Arrays.stream(choices).map(c -> RoutingIndex.of(c, placement, topology)).toList();
    binder =
        new RowBinder(
            new GatheredRouting(topology, placement, TOP_K, indices), OutputShape.CANONICAL);
  }

  /** Bytes of all rows that experts of the rank get. */
  long expertBytes() {
    return binder.expertRows(rank).rowCount() * ROW_BYTES;
  }

  /** Bytes of the rows of a rank's tokens. */
  long tokenBytes() {
    return binder.rowCount(Buffer.input(rank)) * ROW_BYTES;
  }

  /**
   * Binds the kernels to memory.
   *
   * @param inputs tokens of each rank
   * @param experts expert rows of each rank
   * @param output where this rank's sums go
   */
  void bind(
      RowKernels kernels,
      Function<Integer, Span> inputs,
      Function<Integer, Span> experts,
      Span output,
      Arena arena) {
    PlanRequest request = PlanRequest.of(binder.routing().topology());
    for (Step step : Algorithms.named("direct").dispatch(request).steps(rank)) {
      if (binder.rows(step) instanceof StepRows.Scatter rows) {
        Span source = inputs.apply(step.reads().getFirst().rank());
        List<Span> targets = step.writes().stream().map(to -> experts.apply(to.rank())).toList();
        ScatterRows placed =
            new ScatterRows(
                targets,
                source,
                ROW_BYTES,
                rows.from() == null ? null : ints(arena, rows.from()),
                ints(arena, rows.start()),
                rows.target() == null ? null : ints(arena, rows.target()),
                ints(arena, rows.to()));
        int count = rows.count();
        permutedRows += count + rows.written();
        permutes.add(() -> kernels.scatterRows(placed, count));
      }
    }
    for (Step step : Algorithms.named("direct").combine(request).steps(rank)) {
      if (step instanceof Step.Reduce reduce && binder.rows(step) instanceof StepRows.Sum rows) {
        List<Span> sources =
            reduce.addends().stream().map(a -> experts.apply(a.buffer().rank())).toList();
        summedRows += rows.count() + rows.elements();
        int count = rows.count();
        ReduceRows sum = sum(sources, output, rows, arena);
        reduces.add(() -> kernels.reduceRows(sum, count));
      }
    }
  }

  private static ReduceRows sum(List<Span> sources, Span output, StepRows.Sum rows, Arena arena) {
    return new ReduceRows(
        output,
        ElementType.BF16,
        sources,
        ElementType.BF16,
        HIDDEN,
        ints(arena, rows.groupStart()),
        rows.elementStart() == null ? null : ints(arena, rows.elementStart()),
        ints(arena, rows.elementSource()),
        ints(arena, rows.elementRow()),
        rows.weights() == null ? null : arena.allocateFrom(JAVA_FLOAT, rows.weights()),
        ElementType.BF16);
  }

  private static MemorySegment ints(Arena arena, int[] values) {
    return arena.allocateFrom(JAVA_INT, values);
  }

  /** Places all rows; returns half of the bytes read and written. */
  double permute() {
    permutes.forEach(Runnable::run);
    return permutedRows * ROW_BYTES / 2.0;
  }

  /** Sums all rows; returns half of the bytes read and written. */
  double reduce() {
    reduces.forEach(Runnable::run);
    return summedRows * ROW_BYTES / 2.0;
  }
}
