package io.moelink.execute;

import io.moelink.layout.plan.Buffer;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * One operation of a plan on its way, and when it was released the next one of the same lane. Runs
 * whichever step is ready, in the order of the plan where several are; since every step writes rows
 * of its own, results do not depend on what arrives first.
 *
 * <p>Rows of most buffers are written in their order, so signals say how many are there: a step
 * does those of its rows whose sources have come, and says so itself. What goes over a link that
 * nobody can load through is sent chunk by chunk; steps behind it, of this rank and of others,
 * follow in pieces, while the next chunk is on its way. Where only one step reads what is sent, it
 * goes through a ring ({@link RingEnd}), so that a sender is never further ahead than that.
 */
public final class Run {
  private final Executor executor;
  private final Transport transport;
  private final RankPlan plan;
  private final int lane;
  private final Places places;
  private final StepKernels kernels;
  private final boolean[] ended;

  /** Rows that each task has done. */
  private final int[] done;

  /** Rows that are there of each buffer that the task at hand reads. */
  private final int[] here;

  private final Rings rings;

  private Operation operation;
  private long number;
  private int left;

  /** Whether a step has rows to send, or to put into a ring, and no place before puts are done. */
  private boolean full;

  Run(Executor executor, RankPlan plan, int lane) {
    this.executor = executor;
    transport = executor.transport();
    this.plan = plan;
    this.lane = lane;
    places = new Places(plan, lane, executor);
    kernels = new StepKernels(executor, places);
    ended = new boolean[plan.tasks().size()];
    done = new int[ended.length];
    here = new int[plan.readsMax()];
    rings = new Rings(plan, lane, transport);
  }

  void begin(Operation next, long ofNumber) {
    places.take(next);
    operation = next;
    number = ofNumber;
    Arrays.fill(ended, false);
    Arrays.fill(done, 0);
    rings.begin(number);
    left = ended.length;
    try {
      executor.board().send(plan, lane, number, places.exported());
    } catch (RuntimeException e) {
      throw failed("start", e);
    }
    runReady();
  }

  /** Runs every step, or piece of one, that is ready now; true when none is left. */
  public boolean runReady() {
    boolean again = left > 0;
    full = false;
    while (again) {
      again = false;
      for (int i = 0; i < ended.length; i++) {
        again |= !ended[i] && begun(plan.tasks().get(i)) && advance(i);
      }
    }
    return left == 0;
  }

  private boolean begun(Task task) {
    for (int slot : task.begunSlots()) {
      if (!begun(slot)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the rank that a slot is for has begun; its message is there then. */
  private boolean begun(int slot) {
    return Progress.reached(transport.signalValue(plan.slot(lane, slot)), number);
  }

  private boolean complete(int slot) {
    return transport.signalValue(plan.slot(lane, slot)) >= Progress.complete(number);
  }

  /** Does what can be done of a task; false when that is nothing. */
  private boolean advance(int index) {
    BoundTask bound = operation.plan().tasks().get(index);
    Task task = bound.task();
    boolean all = look(task);
    if (task.step() == null) {
      int rows = here[0];
      if (!all && rows == done[index]) {
        return false;
      }
      done[index] = rows;
    } else {
      int first = done[index];
      int last = all ? bound.count() : bound.rowsReady(first, here);
      if (task.inPieces()) {
        last = Math.min(last, first + rings.pieceRows(task, operation.chunkRows()));
      }
      last = Math.min(last, rings.end(index, bound, first));
      all &= last == bound.count();
      if (!all && last == first) {
        full |= rings.waitsForPuts(index, bound, first);
        return false;
      }
      if (!kernels.ready(bound)) {
        full = true;
        return false;
      }
      long put = run(index, first, last);
      done[index] = last;
      rings.done(index, bound, first, last, put);
      if (task.inPieces()) {
        transport.progress();
      }
    }
    if (all) {
      ended[index] = true;
      left--;
    }
    if (all || task.writesInOrder()) {
      long value = all ? Progress.complete(number) : Progress.of(number, done[index]);
      for (int i = 0; i < task.tellRanks().length; i++) {
        transport.signal(task.tellRanks()[i], plan.slot(lane, task.tellSlots()[i]), value);
      }
    }
    return true;
  }

  /** Finds how many rows are there of each buffer that a task reads; true when all are complete. */
  private boolean look(Task task) {
    boolean all = true;
    for (int i = 0; i < task.readSlots().length; i++) {
      int rows = Progress.ALL;
      for (int slot : task.readSlots()[i]) {
        long told = transport.signalValue(plan.slot(lane, slot));
        rows = Math.min(rows, Progress.rows(told, number));
      }
      for (int producer : task.readTasks()[i]) {
        if (!ended[producer]) {
          boolean inOrder = plan.tasks().get(producer).writesInOrder();
          rows = Math.min(rows, inOrder ? done[producer] : 0);
        }
      }
      here[i] = rows;
      all &= rows == Progress.ALL;
    }
    return all;
  }

  /**
   * Runs the operation to its end: all steps of this rank, and all that others do to its memory.
   *
   * @param deadline what its caller has for it, from now on: the time since {@code begin} was the
   *     caller's own
   * @throws TransportException when the deadline passes or a rank has failed; names step and rank
   */
  public void finish(Deadline deadline) {
    while (!awaitReady(deadline)) {
      transport.progress();
    }
    for (int i = 0; i < plan.touches().length; i++) {
      int slot = plan.slot(lane, plan.doneTold()[i]);
      transport.signal(plan.touches()[i], slot, Progress.complete(number));
    }
    for (int i = 0; i < plan.doneSlots().length; i++) {
      if (!complete(plan.doneSlots()[i])) {
        awaitDone(i, deadline);
      }
    }
    executor.times().heard(plan.touchedBy());
    executor.posts().awaitBuffers(deadline);
  }

  /** Waits for the i-th of the ranks that touch this rank's memory. */
  private void awaitDone(int i, Deadline deadline) {
    int rank = plan.touchedBy()[i];
    int slot = plan.slot(lane, plan.doneSlots()[i]);
    int missing = below(plan.doneSlots(), Progress.complete(number));
    Waiting waiting = executor.times().waiting(operation.name(), plan.rank(), rank);
    try {
      executor.farewell().awaitSignal(slot, Progress.complete(number), missing, deadline, rank);
    } catch (TransportException e) {
      if (!deadline.passed() || e.rank() != rank) {
        throw e;
      }
      throw new TransportException(
          rank,
          "rank %d, %s, last step (release): waited %s for rank %d; %d rows done, 0 rows missing"
              .formatted(plan.rank(), operation.name(), deadline, rank, rowsOf(true)),
          e);
    } finally {
      waiting.end();
    }
  }

  /** Gives the memory of the buffers on the way back; they must not be read any more. */
  public void release() {
    places.release();
  }

  private boolean awaitReady(Deadline deadline) {
    long seen = transport.activity();
    if (runReady()) {
      return true;
    }
    if (full) {
      if (deadline.passed()) {
        executor.posts().awaitPlace(deadline);
        executor.posts().awaitBuffers(deadline);
        return false;
      }
      transport.awaitActivity(seen, 1, deadline);
      return false;
    }
    int late = lateTask();
    int rank = late < 0 ? -1 : lateRank(late);
    boolean left = rank >= 0 && executor.farewell().left(rank);
    if (rank < 0 || lateRank(late) != rank) {
      // what was waited for has come since
      return false;
    }
    if (left) {
      throw new TransportException(
          rank, "%s: rank %d has closed its group instead".formatted(where(late), rank));
    }
    if (deadline.passed()) {
      throw new TransportException(
          rank,
          "%s: waited %s for rank %d; %d rows done, %d rows missing"
              .formatted(where(late), deadline, rank, rowsOf(true), rowsOf(false)));
    }
    Waiting waiting = executor.times().waiting(operation.name(), plan.rank(), rank);
    try {
      transport.awaitActivity(seen, missing(), deadline);
    } finally {
      waiting.end();
    }
    return false;
  }

  /**
   * A task that waits for another rank: one whose rank has not even begun, if there is one, since
   * the others may be waiting for that rank themselves; -1 when there is none.
   */
  private int lateTask() {
    int late = -1;
    for (int i = 0; i < ended.length; i++) {
      int rank = ended[i] ? -1 : lateRank(i);
      if (rank >= 0 && !hasBegun(rank)) {
        return i;
      }
      late = rank >= 0 && late < 0 ? i : late;
    }
    return late;
  }

  /** False where a rank whose memory this one touches has not begun the operation. */
  private boolean hasBegun(int rank) {
    for (int touched : plan.touches()) {
      if (touched == rank) {
        return begun(plan.wiring().slotOfBegun(plan.rank(), rank));
      }
    }
    return true;
  }

  /** Signals without which no step can go on: the fewest that one needs. */
  private int missing() {
    int fewest = Integer.MAX_VALUE;
    for (int i = 0; i < ended.length && fewest > 1; i++) {
      if (!ended[i]) {
        fewest = Math.min(fewest, missing(plan.tasks().get(i)));
      }
    }
    return fewest;
  }

  /** Ranks that have to begin before a step can; 1 when a part of what it reads may be enough. */
  private int missing(Task task) {
    return Math.max(1, below(task.begunSlots(), Progress.of(number, 0)));
  }

  /** Slots whose signal is not there yet. */
  private int below(int[] slots, long value) {
    int missing = 0;
    for (int slot : slots) {
      missing += transport.signalValue(plan.slot(lane, slot)) < value ? 1 : 0;
    }
    return missing;
  }

  private int lateRank(int index) {
    Task task = plan.tasks().get(index);
    for (int i = 0; i < task.begunSlots().length; i++) {
      if (!begun(task.begunSlots()[i])) {
        return task.begunRanks()[i];
      }
    }
    for (int i = 0; i < task.readSlots().length; i++) {
      for (int j = 0; j < task.readSlots()[i].length; j++) {
        if (!complete(task.readSlots()[i][j])) {
          return task.readRanks()[i][j];
        }
      }
    }
    BoundTask bound = operation.plan().tasks().get(index);
    return rings.waitsForReader(index, bound, done[index]) ? task.fills().rank() : -1;
  }

  private String where(int index) {
    Task task = plan.tasks().get(index);
    String what =
        task.step() == null
            ? "passing on " + task.written().getFirst()
            : BoundPlan.describe(task.step());
    return "rank %d, %s, step %d (%s)".formatted(plan.rank(), operation.name(), index, what);
  }

  /** A failure outside of a wait. When a rank gives up, its memory goes away under the others. */
  private TransportException failed(String where, RuntimeException e) {
    RuntimeException reason = executor.abortOr(e);
    return reason instanceof TransportException of
        ? of
        : new TransportException(plan.rank(), where + ": " + reason.getMessage(), reason);
  }

  /** Rows of all steps that are done, or missing. */
  private long rowsOf(boolean whetherDone) {
    long rows = 0;
    for (int i = 0; i < ended.length; i++) {
      BoundTask bound = operation.plan().tasks().get(i);
      if (bound.task().step() != null) {
        rows += whetherDone ? done[i] : bound.count() - done[i];
      }
    }
    return rows;
  }

  /** As {@link StepKernels#execute}. */
  private long run(int index, int first, int last) {
    BoundTask bound = operation.plan().tasks().get(index);
    StepEvent event = StepEvent.startIfOn();
    long start = System.nanoTime();
    long put;
    try {
      put = kernels.execute(operation, bound, first, last);
    } catch (RuntimeException e) {
      throw failed(where(index), e);
    }
    executor.times().step(bound.kind(), System.nanoTime() - start);
    if (event != null) {
      event.commit(operation, plan.rank(), bound, first, last);
    }
    return put;
  }

  /** Memory of a buffer of this rank, from its first byte on; valid until {@link #release}. */
  public MemorySegment memory(Buffer buffer) {
    return places.memory(buffer);
  }
}
