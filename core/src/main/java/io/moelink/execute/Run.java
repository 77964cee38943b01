package io.moelink.execute;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Step;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One operation on its way. Runs whichever step is ready, in the plan's order where several are;
 * since every step writes a buffer of its own, results do not depend on what arrives first.
 *
 * <p>A little more than 400 lines: the loop, one case for each kind of step, and the words for what
 * is late belong together.
 */
public final class Run {
  private static final int ALIGNMENT = 64;

  private final Executor executor;
  private final Transport transport;
  private final Operation operation;
  private final RankPlan plan;
  private final long number;
  private final int lane;
  private Deadline deadline;
  private final Map<Buffer, SharedRegion.Place[]> places = new HashMap<>();
  private final boolean[] ended;
  private int left;
  private SharedRegion scratch;

  Run(Executor executor, Operation operation, long number, Deadline deadline) {
    this.executor = executor;
    transport = executor.transport();
    this.operation = operation;
    plan = operation.plan().rankPlan();
    this.number = number;
    lane = (int) (number % Lanes.OPERATIONS);
    this.deadline = deadline;
    ended = new boolean[plan.tasks().size()];
    left = ended.length;
  }

  void begin() {
    placeBuffers();
    List<SharedRegion.Place> exported = new ArrayList<>();
    for (Buffer buffer : plan.wiring().exports(plan.rank())) {
      exported.addAll(List.of(places.get(buffer)));
    }
    executor.board().send(plan, lane, number, exported);
    runReady();
  }

  /** Lays the buffers that the caller does not hold out in one region. */
  private void placeBuffers() {
    int payloads = operation.rowBytes().length;
    long bytes = 0;
    List<Buffer> inScratch = new ArrayList<>();
    for (Buffer buffer : plan.buffers()) {
      SharedRegion.Place[] place = new SharedRegion.Place[payloads];
      for (int payload = 0; payload < payloads; payload++) {
        place[payload] = operation.ends().place(buffer, payload);
      }
      places.put(buffer, place);
      if (place[0] == null) {
        inScratch.add(buffer);
        bytes += bytesOf(buffer);
      }
    }
    scratch = executor.scratch().acquire(bytes);
    long at = 0;
    for (Buffer buffer : inScratch) {
      SharedRegion.Place[] place = places.get(buffer);
      for (int payload = 0; payload < payloads; payload++) {
        place[payload] = scratch.at(at);
        at += bytesOf(buffer, payload);
      }
    }
  }

  private long bytesOf(Buffer buffer) {
    long bytes = 0;
    for (int payload = 0; payload < operation.rowBytes().length; payload++) {
      bytes += bytesOf(buffer, payload);
    }
    return bytes;
  }

  private long bytesOf(Buffer buffer, int payload) {
    long bytes = (long) operation.plan().rows(buffer) * operation.rowBytes(buffer, payload);
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** Runs every step that is ready now; true when none is left. */
  public boolean runReady() {
    boolean again = left > 0;
    while (again) {
      again = false;
      for (int i = 0; i < ended.length; i++) {
        if (!ended[i] && ready(plan.tasks().get(i))) {
          run(operation.plan().tasks().get(i));
          ended[i] = true;
          left--;
          again = true;
        }
      }
    }
    return left == 0;
  }

  private boolean ready(Task task) {
    for (int dependency : task.localDependencies()) {
      if (!ended[dependency]) {
        return false;
      }
    }
    for (int slot : task.waitSlots()) {
      if (transport.signalValue(plan.slot(lane, slot)) < number) {
        return false;
      }
    }
    return true;
  }

  /**
   * Runs the operation to its end: all steps of this rank, and all that others do to its memory.
   *
   * @param until what its caller has for it, from now on: the time since {@code begin} was the
   *     caller's own
   * @throws TransportException when the deadline passes or a rank has failed; names step and rank
   */
  public void finish(Deadline until) {
    deadline = until;
    while (!awaitReady()) {
      transport.progress();
    }
    for (int rank : plan.touches()) {
      transport.signal(rank, plan.slot(lane, plan.wiring().slotOfDone(rank, plan.rank())), number);
    }
    for (int rank : plan.touchedBy()) {
      int slot = plan.slot(lane, plan.wiring().slotOfDone(plan.rank(), rank));
      long start = System.nanoTime();
      awaitDone(slot, rank);
      executor.times().waited(rank, System.nanoTime() - start);
    }
  }

  private void awaitDone(int slot, int rank) {
    try {
      transport.awaitSignal(slot, number, deadline, rank);
    } catch (TransportException e) {
      if (!deadline.passed() || e.rank() != rank) {
        throw e;
      }
      throw new TransportException(
          rank,
          "rank %d, %s, last step (release): waited %s for rank %d; %d rows done, 0 rows missing"
              .formatted(plan.rank(), operation.name(), deadline, rank, rowsOf(true)),
          e);
    }
  }

  /** Gives the memory of the buffers on the way back; they must not be read any more. */
  public void release() {
    executor.scratch().giveBack(scratch);
  }

  private boolean awaitReady() {
    long seen = transport.activity();
    if (runReady()) {
      return true;
    }
    int rank = waitedFor();
    if (deadline.passed()) {
      if (rank < 0) {
        // what was waited for has come since
        return false;
      }
      throw late();
    }
    WaitEvent event = new WaitEvent();
    event.begin();
    long start = System.nanoTime();
    transport.awaitActivity(seen, deadline);
    if (rank >= 0) {
      executor.times().waited(rank, System.nanoTime() - start);
    }
    event.commit(operation.name(), plan.rank(), rank);
    return false;
  }

  private int waitedFor() {
    int task = lateTask();
    return task < 0 ? -1 : lateRank(plan.tasks().get(task));
  }

  /**
   * A task that waits for another rank: one whose rank has not even begun, if there is one, since
   * the others may be waiting for that rank themselves; -1 when there is none.
   */
  private int lateTask() {
    int late = -1;
    for (int i = 0; i < ended.length; i++) {
      int rank = ended[i] ? -1 : lateRank(plan.tasks().get(i));
      if (rank >= 0 && !begun(rank)) {
        return i;
      }
      late = rank >= 0 && late < 0 ? i : late;
    }
    return late;
  }

  /** False where a rank whose memory this one touches has not begun the operation. */
  private boolean begun(int rank) {
    for (int touched : plan.touches()) {
      if (touched == rank) {
        int slot = plan.wiring().slotOfBegun(plan.rank(), rank);
        return transport.signalValue(plan.slot(lane, slot)) >= number;
      }
    }
    return true;
  }

  private int lateRank(Task task) {
    for (int i = 0; i < task.waitSlots().length; i++) {
      if (transport.signalValue(plan.slot(lane, task.waitSlots()[i])) < number) {
        return task.waitRanks()[i];
      }
    }
    return -1;
  }

  private TransportException late() {
    int index = lateTask();
    Task task = index < 0 ? null : plan.tasks().get(index);
    int rank = task == null ? -1 : lateRank(task);
    if (rank < 0) {
      // came between two looks, as rare as can be: late it is all the same
      return new TransportException(
          -1,
          "rank %d, %s: took longer than %s".formatted(plan.rank(), operation.name(), deadline));
    }
    return new TransportException(
        rank,
        "rank %d, %s, step %d (%s): waited %s for rank %d; %d rows done, %d rows missing"
            .formatted(
                plan.rank(),
                operation.name(),
                index,
                task.step() == null
                    ? "passing on " + task.buffer()
                    : BoundPlan.describe(task.step()),
                deadline,
                rank,
                rowsOf(true),
                rowsOf(false)));
  }

  /** Rows of the steps that have ended, or have not. */
  private long rowsOf(boolean whetherEnded) {
    long rows = 0;
    for (int i = 0; i < ended.length; i++) {
      rows += ended[i] == whetherEnded ? operation.plan().tasks().get(i).count() : 0;
    }
    return rows;
  }

  private void run(BoundTask bound) {
    Task task = bound.task();
    if (task.step() != null) {
      String kind = task.step().getClass().getSimpleName();
      StepEvent event = new StepEvent();
      event.begin();
      long start = System.nanoTime();
      execute(bound);
      executor.times().step(kind, System.nanoTime() - start);
      event.commit(operation.name(), plan.rank(), bound);
    }
    for (int i = 0; i < task.tellRanks().length; i++) {
      transport.signal(task.tellRanks()[i], plan.slot(lane, task.tellSlots()[i]), number);
    }
  }

  private void execute(BoundTask bound) {
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

  /** Memory of a buffer of this rank, from its first byte on; valid until {@link #release}. */
  public MemorySegment memory(Buffer buffer) {
    SharedRegion.Place place = places.get(buffer)[0];
    return place.memory().region().segment().asSlice(place.offset(), bytesOf(buffer));
  }
}
