package io.moelink.execute;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Step;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Transport;
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

  void execute(BoundTask bound) {
    int payloads = operation.rowBytes().length;
    switch (bound.task().step()) {
      case Step.Pull pull -> {
        for (int payload = 0; payload < payloads; payload++) {
          Span from = span(pull.from(), payload);
          gather(bound, span(pull.to(), payload), from, operation.rowBytes(pull.to(), payload));
        }
      }
      case Step.Push push -> {
        for (int payload = 0; payload < payloads; payload++) {
          push(bound, push, payload);
        }
      }
      case Step.Permute permute -> {
        for (int payload = 0; payload < payloads; payload++) {
          kernels()
              .scatterRows(
                  span(permute.to(), payload),
                  span(permute.from(), payload),
                  operation.rowBytes()[payload],
                  bound.count(),
                  bound.from(),
                  bound.start(),
                  bound.to());
        }
      }
      case Step.Reduce reduce -> reduce(bound, reduce);
      case Step.Reorder reorder -> {
        boolean toRows = reorder.to().kind().rowMajor();
        ElementType type = operation.rowType();
        kernels()
            .reorder(
                span(reorder.to(), 0),
                span(reorder.from(), 0),
                type.bytes(),
                toRows ? operation.hidden() : bound.count(),
                toRows ? bound.count() : operation.hidden());
      }
    }
  }

  private RowKernels kernels() {
    return transport.kernels();
  }

  private void gather(BoundTask bound, Span to, Span from, int rowBytes) {
    if (bound.count() > 0) {
      kernels().gatherRows(to, from, rowBytes, bound.count(), bound.from());
    }
  }

  /** Writes rows into the other rank's memory: by kernel where it is in reach, else by puts. */
  private void push(BoundTask bound, Step.Push push, int payload) {
    Span from = span(push.from(), payload);
    Span to = span(push.to(), payload);
    int rowBytes = operation.rowBytes(push.to(), payload);
    if (transport.loads(push.to().rank())) {
      gather(bound, to, from, rowBytes);
    } else if (bound.from() == null) {
      put(from, to, (long) bound.count() * rowBytes);
    } else {
      pack(bound, from, to, rowBytes);
    }
  }

  /**
   * Packs one chunk while the one before is on its way; two places, so that none is overwritten.
   */
  private void pack(BoundTask bound, Span from, Span to, int rowBytes) {
    int chunk = Math.min(operation.chunkRows(), bound.count());
    long chunkBytes = (long) chunk * rowBytes;
    SharedRegion packed = executor.scratch().acquire(2 * chunkBytes);
    for (int row = 0; row < bound.count(); row += chunk) {
      int rows = Math.min(chunk, bound.count() - row);
      Span place = new Span(packed.region(), (row / chunk) % 2 * chunkBytes);
      kernels()
          .gatherRows(
              place, from, rowBytes, rows, bound.from().asSlice((long) row * Integer.BYTES));
      Span target = new Span(to.region(), to.offset() + (long) row * rowBytes);
      put(place, target, (long) rows * rowBytes);
    }
    executor.scratch().giveBack(packed);
  }

  private void put(Span from, Span to, long bytes) {
    if (bytes > 0) {
      transport.put(from.region(), from.offset(), to.region(), to.offset(), bytes);
    }
  }

  private void reduce(BoundTask bound, Step.Reduce reduce) {
    List<Span> sources = new ArrayList<>(reduce.addends().size());
    for (Step.Addend addend : reduce.addends()) {
      sources.add(span(addend.buffer(), 0));
    }
    kernels()
        .reduceRows(
            new ReduceRows(
                span(reduce.to(), 0),
                operation.type(reduce.to()),
                sources,
                operation.type(reduce.addends().getFirst().buffer()),
                operation.hidden(),
                bound.count(),
                bound.from(),
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
