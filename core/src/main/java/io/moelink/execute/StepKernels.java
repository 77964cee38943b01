package io.moelink.execute;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Step;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Does the steps of one operation: finds the memory of their buffers and calls kernels or puts. */
final class StepKernels {
  private final Executor executor;
  private final Transport transport;
  private final Operation operation;
  private final RankPlan plan;
  private final int lane;
  private final Map<Buffer, SharedRegion.Place[]> places;

  /**
   * @param places where this rank's buffers lie, each payload; filled before the first step
   */
  StepKernels(
      Executor executor, Operation operation, int lane, Map<Buffer, SharedRegion.Place[]> places) {
    this.executor = executor;
    transport = executor.transport();
    this.operation = operation;
    plan = operation.plan().rankPlan();
    this.lane = lane;
    this.places = places;
  }

  /** Whether a step can do rows now: one that packs them needs a place for them. */
  boolean ready(BoundTask bound) {
    return bound.from() == null
        || !(bound.task().step() instanceof Step.Push push)
        || transport.loads(push.to().rank())
        || executor.posts().hasPlace();
  }

  /** Does rows {@code first} to {@code last - 1} of a step, of all payloads. */
  void execute(BoundTask bound, int first, int last) {
    int count = last - first;
    for (int payload = 0; payload < operation.rowBytes().length; payload++) {
      switch (bound.task().step()) {
        case Step.Pull pull -> {
          int rowBytes = operation.rowBytes(pull.to(), payload);
          Rows rows = rows(bound, span(pull.from(), payload), rowBytes, first);
          gather(rows, count, after(span(pull.to(), payload), rowBytes, first), rowBytes);
        }
        case Step.Push push -> push(bound, push, payload, first, count);
        case Step.Permute permute -> {
          int rowBytes = operation.rowBytes()[payload];
          Rows rows = rows(bound, span(permute.from(), payload), rowBytes, first);
          kernels()
              .scatterRows(
                  span(permute.to(), payload),
                  rows.start(),
                  rowBytes,
                  count,
                  rows.list(),
                  from(bound.start(), first),
                  bound.to());
        }
        case Step.Reduce reduce -> reduce(bound, reduce, first, count);
        case Step.Reorder reorder -> {
          boolean toRows = reorder.to().kind().rowMajor();
          ElementType type = operation.rowType();
          kernels()
              .reorder(
                  span(reorder.to(), 0),
                  span(reorder.from(), 0),
                  type.bytes(),
                  toRows ? operation.hidden() : count,
                  toRows ? count : operation.hidden());
        }
      }
    }
  }

  /** Rows to read: those of a list, or without one all from the start. */
  private record Rows(Span start, MemorySegment list) {}

  /** The rows that a step reads, from its {@code first}-th on. */
  private static Rows rows(BoundTask bound, Span buffer, int rowBytes, int first) {
    return bound.from() == null
        ? new Rows(after(buffer, rowBytes, first), null)
        : new Rows(buffer, from(bound.from(), first));
  }

  private static Span after(Span span, int rowBytes, int rows) {
    return rows == 0 ? span : new Span(span.region(), span.offset() + (long) rows * rowBytes);
  }

  private static MemorySegment from(MemorySegment ints, int index) {
    return index == 0 ? ints : ints.asSlice((long) index * Integer.BYTES);
  }

  private RowKernels kernels() {
    return transport.kernels();
  }

  private void gather(Rows rows, int count, Span to, int rowBytes) {
    if (count > 0) {
      kernels().gatherRows(to, rows.start(), rowBytes, count, rows.list());
    }
  }

  /**
   * Writes rows into the other rank's memory: by kernel where it is in reach, else by a put, and
   * from where they are if they lie together.
   */
  private void push(BoundTask bound, Step.Push push, int payload, int first, int count) {
    int rowBytes = operation.rowBytes(push.to(), payload);
    Rows rows = rows(bound, span(push.from(), payload), rowBytes, first);
    Span to = after(span(push.to(), payload), rowBytes, first);
    long bytes = (long) count * rowBytes;
    if (transport.loads(push.to().rank())) {
      gather(rows, count, to, rowBytes);
    } else if (rows.list() == null) {
      executor.posts().sent(post(rows.start(), to, bytes), push.to().rank());
    } else if (count > 0) {
      SharedRegion packed = executor.posts().place(bytes);
      gather(rows, count, Span.of(packed.region()), rowBytes);
      executor.posts().sent(packed, post(Span.of(packed.region()), to, bytes), push.to().rank());
    }
  }

  private long post(Span from, Span to, long bytes) {
    return bytes == 0
        ? 0
        : transport.postPut(from.region(), from.offset(), to.region(), to.offset(), bytes);
  }

  private void reduce(BoundTask bound, Step.Reduce reduce, int first, int count) {
    int rowBytes = operation.rowBytes(reduce.to(), 0);
    List<Span> sources = new ArrayList<>(reduce.addends().size());
    for (Step.Addend addend : reduce.addends()) {
      sources.add(span(addend.buffer(), 0));
    }
    kernels()
        .reduceRows(
            new ReduceRows(
                after(span(reduce.to(), 0), rowBytes, first),
                operation.type(reduce.to()),
                sources,
                operation.type(reduce.addends().getFirst().buffer()),
                operation.hidden(),
                count,
                from(bound.from(), first),
                bound.start(),
                bound.sources(),
                bound.to(),
                operation.weighted() ? bound.weights() : null,
                operation.partialType()));
  }

  private Span span(Buffer buffer, int payload) {
    if (buffer.rank() == plan.rank()) {
      return places.get(buffer)[payload].span();
    }
    int entry = plan.wiring().exportIndex(buffer) * operation.rowBytes().length + payload;
    return executor.board().read(buffer.rank(), lane, entry);
  }
}
