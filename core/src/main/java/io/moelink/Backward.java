package io.moelink;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.moelink.execute.Operation;
import io.moelink.execute.RegionPool;
import io.moelink.execute.Run;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.SlotRows;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.memory.SharedRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The backward of combine: a dispatch of gradients, then a dot and a scaling of every row. */
final class Backward {
  private final ExpertGroup group;

  Backward(ExpertGroup group) {
    this.group = group;
  }

  CombineGradients combine(Handle handle, TokenBuffer gradients, TokenBuffer rows) {
    ExpertGroupConfig config = group.config();
    TokenBuffer arrived = group.memory().forHandle(handle, 0);
    dispatch(handle, gradients, arrived);
    if (!config.output().rowPerSlot()) {
      return new CombineGradients(arrived, new float[0]);
    }
    TokenBuffer scaled = group.memory().forHandle(handle, 0);
    RegionPool pool = group.memory().pool();
    SharedRegion dots = pool.acquire((long) handle.rowCount() * Float.BYTES);
    try (Arena arena = Arena.ofConfined()) {
      dots(handle, arrived, rows, dots, arena);
      scale(handle, arrived, scaled, arena);
      arrived.close();
      float[] weights = returnDots(handle, dots);
      Padding.zero(handle.rows(), scaled);
      return new CombineGradients(scaled, weights);
    } finally {
      pool.giveBack(dots);
    }
  }

  private void dispatch(Handle handle, TokenBuffer gradients, TokenBuffer target) {
    Operation operation =
        group.operation(
            "combineBackward",
            handle.dispatchPlan(),
            handle.choice().chunkRows(),
            false,
            (buffer, payload) ->
                Ends.ofDispatch(group.config(), buffer, gradients.start(), target.start()));
    Run run = group.engine().begin(operation, group.engine().nextNumber());
    run.finish(group.engine().deadline());
    run.release();
  }

  /** One dot for each slot that chose this rank: by source, then in the order of its slots. */
  private void dots(
      Handle handle, TokenBuffer arrived, TokenBuffer rows, SharedRegion dots, Arena arena) {
    int count = handle.received().stream().mapToInt(SlotRows::count).sum();
    MemorySegment order = arena.allocate(Math.max(4L, (long) count * Integer.BYTES), 64);
    long at = 0;
    for (SlotRows slots : handle.received()) {
      MemorySegment.copy(slots.rows(), 0, order, JAVA_INT, at, slots.count());
      at += (long) slots.count() * Integer.BYTES;
    }
    kernels()
        .dotRows(
            Span.of(dots.region()),
            Span.of(arrived.memory().region()),
            order,
            Span.of(rows.memory().region()),
            order,
            group.config().elementType(),
            group.config().hidden(),
            count);
  }

  private void scale(Handle handle, TokenBuffer from, TokenBuffer to, Arena arena) {
    int count = handle.rowCount();
    MemorySegment weights = arena.allocate(Math.max(4L, (long) count * Float.BYTES), 64);
    for (int source = 0; source < handle.received().size(); source++) {
      SlotRows slots = handle.received().get(source);
      for (int i = 0; i < slots.count(); i++) {
        weights.setAtIndex(JAVA_FLOAT, slots.rows()[i], slots.weights()[i]);
      }
    }
    kernels()
        .scaleRows(
            Span.of(to.memory().region()),
            Span.of(from.memory().region()),
            null,
            group.config().elementType(),
            group.config().hidden(),
            count,
            weights);
  }

  /** Sends the dots to the ranks whose slots they belong to. */
  private float[] returnDots(Handle handle, SharedRegion dots) {
    long[] first = new long[handle.received().size()];
    for (int source = 1; source < first.length; source++) {
      first[source] =
          first[source - 1] + (long) handle.received().get(source - 1).count() * Float.BYTES;
    }
    int rank = group.rank();
    Operation operation =
        new Operation(
            "combineBackward",
            handle.scalarPlan(),
            new int[] {Float.BYTES},
            (buffer, payload) ->
                buffer.scope().equals(Scope.rank(rank)) ? dots.at(first[buffer.source()]) : null,
            null,
            null,
            1,
            false,
            handle.choice().chunkRows());
    Run run = group.engine().begin(operation, group.engine().nextNumber());
    run.finish(group.engine().deadline());
    float[] weights = collect(handle, dots.region().segment().asSlice(first[rank]), run);
    run.release();
    return weights;
  }

  private float[] collect(Handle handle, MemorySegment own, Run run) {
    int rank = group.rank();
    ExpertPlacement placement = group.config().placement();
    float[] weights = new float[handle.tokens() * group.config().topK()];
    int[] offsets = handle.index().offsets();
    int[] slots = handle.index().slots();
    for (int from = 0; from < placement.ranks(); from++) {
      int start = offsets[placement.firstExpert(from)];
      int end = offsets[placement.firstExpert(from) + placement.expertCount(from)];
      MemorySegment dots =
          from == rank || start == end ? own : run.memory(Buffer.scalar(rank, rank, from));
      for (int i = start; i < end; i++) {
        weights[slots[i]] = dots.getAtIndex(JAVA_FLOAT, i - start);
      }
    }
    return weights;
  }

  private RowKernels kernels() {
    return group.engine().transport().kernels();
  }
}
