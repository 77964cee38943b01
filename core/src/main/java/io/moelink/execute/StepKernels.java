package io.moelink.execute;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import io.moelink.layout.plan.Step;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Transport;
import java.lang.foreign.MemorySegment;

/** Does the steps of operations: finds the memory of their buffers and calls kernels or puts. */
final class StepKernels {
  private final Executor executor;
  private final Transport transport;
  private final Places places;

  /**
   * @param places where buffers lie, taken before the first step of an operation
   */
  StepKernels(Executor executor, Places places) {
    this.executor = executor;
    transport = executor.transport();
    this.places = places;
  }

  /** Whether a step can do rows now: one that packs them needs a place for them. */
  boolean ready(BoundTask bound) {
    return bound.from() == null
        || !(bound.task().step() instanceof Step.Push push)
        || transport.loads(push.to().rank())
        || executor.posts().hasPlace();
  }

  /**
   * Does rows {@code first} to {@code last - 1} of a step, of all payloads.
   *
   * @return the put that reads rows of the last payload where they lie; 0: none
   */
  long execute(Operation operation, BoundTask bound, int first, int last) {
    int count = last - first;
    long put = 0;
    for (int payload = 0; payload < operation.rowBytes().length; payload++) {
      int rowBytes = operation.rowBytes(bound.writes(0).buffer(), payload);
      Span to = places.span(bound.writes(0), payload);
      Span read = places.span(bound.reads(0), payload);
      switch (bound.task().step()) {
        case Step.Pull pull -> {
          Span from = readFrom(bound, read, rowBytes, first);
          gather(from, rows(bound, first), count, after(to, rowBytes, first), rowBytes);
        }
        case Step.Push push -> {
          Span from = readFrom(bound, read, rowBytes, bound.sentFrom(first));
          Span target = after(to, rowBytes, bound.placeOf(first));
          put = push(push, from, rows(bound, first), count, target, rowBytes);
        }
        case Step.Permute permute -> place(bound, read, payload, rowBytes, first, count);
        case Step.Scatter scatter -> place(bound, read, payload, rowBytes, first, count);
        case Step.Reduce reduce -> {
          Span target = after(to, rowBytes, bound.placeOf(first));
          MemorySegment starts = from(bound.from(), first);
          kernels().reduceRows(bound.sum(operation, places, reduce, target, starts), count);
        }
        case Step.Reorder reorder -> {
          boolean toRows = reorder.to().kind().rowMajor();
          ElementType type = operation.rowType();
          kernels()
              .reorder(
                  to,
                  read,
                  type.bytes(),
                  toRows ? operation.hidden() : count,
                  toRows ? count : operation.hidden());
        }
      }
    }
    return put;
  }

  /** Where a list of rows counts from; without a list, the step's {@code first}-th row. */
  private static Span readFrom(BoundTask bound, Span buffer, int rowBytes, int first) {
    return bound.from() == null ? after(buffer, rowBytes, first) : buffer;
  }

  /** The rows that a step reads, from its {@code first}-th on; null: all from the start. */
  private static MemorySegment rows(BoundTask bound, int first) {
    return bound.from() == null ? null : from(bound.from(), first);
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

  private void place(BoundTask bound, Span read, int payload, int rowBytes, int first, int count) {
    Span from = readFrom(bound, read, rowBytes, first);
    MemorySegment starts = from(bound.start(), first);
    kernels()
        .scatterRows(
            bound.placed(places, payload, from, rowBytes, rows(bound, first), starts), count);
  }

  private void gather(Span from, MemorySegment rows, int count, Span to, int rowBytes) {
    if (count > 0) {
      kernels().gatherRows(to, from, rowBytes, count, rows);
    }
  }

  /**
   * Writes rows into the other rank's memory: by kernel where it is in reach, else by a put, and
   * from where they are if they lie together.
   */
  private long push(
      Step.Push push, Span from, MemorySegment rows, int count, Span to, int rowBytes) {
    long bytes = (long) count * rowBytes;
    if (transport.loads(push.to().rank())) {
      gather(from, rows, count, to, rowBytes);
    } else if (rows == null) {
      long put = post(from, to, bytes);
      executor.posts().sent(put, push.to().rank());
      return put;
    } else if (count > 0) {
      SharedRegion packed = executor.posts().place(bytes);
      gather(from, rows, count, Span.of(packed.region()), rowBytes);
      executor.posts().sent(packed, post(Span.of(packed.region()), to, bytes), push.to().rank());
    }
    return 0;
  }

  private long post(Span from, Span to, long bytes) {
    return bytes == 0
        ? 0
        : transport.postPut(from.region(), from.offset(), to.region(), to.offset(), bytes);
  }
}
