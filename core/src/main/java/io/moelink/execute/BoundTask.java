package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.ScatterRows;
import io.moelink.kernel.Span;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.plan.Step;
import io.moelink.layout.plan.StepRows;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A task with the rows of one routing, in the form that kernels take; and then with those of
 * another, in the same memory.
 */
final class BoundTask {
  private final Task task;
  private final String kind;
  private final Located[] reads;
  private final Located[] writes;
  private final IntMemory.Array from;
  private final IntMemory.Array start;
  private final IntMemory.Array to;

  /** Of a sum the addend, of a scatter the target of each element. */
  private final IntMemory.Array ends;

  private final IntMemory.Array weights;

  /**
   * Where rows are read from rings: the rows that are waited for, or none where all are, in turn.
   */
  private final IntMemory.Array awaited;

  private final int ringRows;

  /** The buffers that it reads of which more rows come than their rings have room for. */
  private final boolean[] wraps;

  private boolean wrapsAny;
  private int count;

  /** The sum that was run last. */
  private ReduceRows sum;

  /** What was placed last, of each payload. */
  private final List<ScatterRows> placed = new ArrayList<>();

  BoundTask(Task task, RankPlan plan, IntMemory memory) {
    this.task = task;
    Step step = task.step();
    reads = locate(step == null ? List.of() : step.reads(), plan);
    writes = locate(step == null ? List.of() : step.writes(), plan);
    kind = step == null ? "" : step.getClass().getSimpleName();
    from = memory.array();
    start = memory.array();
    to = memory.array();
    ends = memory.array();
    weights = memory.array();
    awaited = memory.array();
    ringRows = plan.ringRows();
    wraps = new boolean[reads.length];
  }

  private static Located[] locate(List<Buffer> buffers, RankPlan plan) {
    return buffers.stream().map(plan::locate).toArray(Located[]::new);
  }

  void bind(RowBinder binder) {
    if (task.step() == null) {
      return;
    }
    StepRows rows = binder.rows(task.step());
    count = rows.count();
    wrapsAny = false;
    for (int i = 0; i < wraps.length; i++) {
      boolean ring = task.empties()[i] != null;
      wraps[i] = ring && binder.rowCount(reads[i].buffer()) > ringRows;
      wrapsAny |= wraps[i];
    }
    switch (rows) {
      case StepRows.Copy copy -> from.set(copy.from(), count);
      case StepRows.Scatter scatter -> {
        from.set(scatter.from(), count);
        start.set(scatter.start(), count + 1);
        ends.set(scatter.target(), scatter.target() == null ? 0 : scatter.written());
        to.set(scatter.to(), scatter.written());
      }
      case StepRows.Sum sum -> {
        from.set(sum.groupStart(), count + 1);
        start.set(sum.elementStart(), sum.groups() + 1);
        to.set(sum.elementRow(), sum.elements());
        ends.set(sum.elementSource(), sum.elements());
        weights.set(sum.weights(), sum.elements());
      }
      case StepRows.Whole whole -> {
        // its count says all
      }
    }
    if (wrapsAny) {
      wrap(rows);
    }
  }

  /** Turns rows of rings into their places there. */
  private void wrap(StepRows rows) {
    if (rows instanceof StepRows.Sum sum) {
      awaited.set(sum.elementRow(), sum.elements());
      for (int e = 0; e < sum.elements(); e++) {
        if (wraps[sum.elementSource()[e]]) {
          to.values().setAtIndex(JAVA_INT, e, inRing(sum.elementRow()[e]));
        }
      }
      return;
    }
    // every row, in its order
    awaited.set((int[]) null, 0);
    from.reserve(count);
    for (int row = 0; row < count; row++) {
      from.values().setAtIndex(JAVA_INT, row, inRing(row));
    }
  }

  private int inRing(int row) {
    return row & (ringRows - 1);
  }

  /** Where a row lies in the memory of the written buffer. */
  int placeOf(int row) {
    return task.fills() == null ? row : inRing(row);
  }

  /** Where a row that is sent lies in the memory of the buffer that is read. */
  int sentFrom(int row) {
    return task.sendsRing() ? inRing(row) : row;
  }

  /**
   * The end of the rows, from {@code first} on, that fit into the ring that it fills, and lie one
   * behind the other there and in the one that it sends.
   *
   * @param emptied rows that have been read of the former
   */
  int ringEnd(int first, int emptied) {
    return (int) Math.min((long) emptied + ringRows, (long) first - inRing(first) + ringRows);
  }

  /** Whether it writes more rows than the ring that it fills, or sends, has room for. */
  boolean wrapsWritten() {
    return (task.fills() != null || task.sendsRing()) && count > ringRows;
  }

  /** Whether the i-th buffer that it reads is a ring through which more rows come than it holds. */
  boolean wraps(int i) {
    return wraps[i];
  }

  boolean wrapsAny() {
    return wrapsAny;
  }

  /** Adds, for each buffer that it reads, how many of its rows {@code first} to last - 1 read. */
  void countRead(int first, int last, int[] rows) {
    if (!(task.step() instanceof Step.Reduce)) {
      rows[0] += last - first;
      return;
    }
    int end = element(from().getAtIndex(JAVA_INT, last));
    for (int e = element(from().getAtIndex(JAVA_INT, first)); e < end; e++) {
      rows[ends().getAtIndex(JAVA_INT, e)]++;
    }
  }

  Task task() {
    return task;
  }

  /** The i-th buffer that the step reads; of a sum, that of the i-th addend. */
  Located reads(int i) {
    return reads[i];
  }

  /** The i-th buffer that the step writes. */
  Located writes(int i) {
    return writes[i];
  }

  /** The kind of step, as statistics name it. */
  String kind() {
    return kind;
  }

  /** Rows written (copy, sum, reorder) or read (scatter). */
  int count() {
    return count;
  }

  /** Rows read, or null; for a sum: the start of each row's groups. */
  MemorySegment from() {
    return from.values();
  }

  /**
   * For a scatter: the start of each row's targets; for a sum: of each group's elements, or null.
   */
  MemorySegment start() {
    return start.values();
  }

  /** For a scatter: the targets; for a sum: the row of each element. */
  MemorySegment to() {
    return to.values();
  }

  /** For a sum: the addend of each element; for a scatter: the target of each, or null. */
  MemorySegment ends() {
    return ends.values();
  }

  /** For a sum: the weight of each element, or null. */
  MemorySegment weights() {
    return weights.values();
  }

  /**
   * What a kernel is given for a sum; the same object as before where nothing has moved.
   *
   * @param target where the first row goes
   * @param starts the start of the groups of each row
   */
  ReduceRows sum(
      Operation operation, Places places, Step.Reduce step, Span target, MemorySegment starts) {
    MemorySegment weighted = operation.weighted() ? weights() : null;
    boolean same =
        sum != null
            && sum.dst().equals(target)
            && sum.dstType() == operation.type(step.to())
            && sum.groupStart() == starts
            && sum.elemStart() == start()
            && sum.elemSource() == ends()
            && sum.elemRow() == to()
            && sum.weights() == weighted
            && at(places, reads, 0, sum.sources());
    if (!same) {
      sum =
          new ReduceRows(
              target,
              operation.type(step.to()),
              spans(places, reads, 0),
              operation.type(step.addends().getFirst().buffer()),
              operation.hidden(),
              starts,
              start(),
              ends(),
              to(),
              weighted,
              operation.partialType());
    }
    return sum;
  }

  /**
   * What a kernel is given to place rows; the same object as before where nothing has moved.
   *
   * @param read the first row that is read
   * @param rows the rows that are read, or null
   * @param starts the start of the places of each row
   */
  ScatterRows placed(
      Places places,
      int payload,
      Span read,
      int rowBytes,
      MemorySegment rows,
      MemorySegment starts) {
    while (placed.size() <= payload) {
      placed.add(null);
    }
    ScatterRows before = placed.get(payload);
    boolean same =
        before != null
            && before.src().equals(read)
            && before.rowBytes() == rowBytes
            && before.srcRows() == rows
            && before.dstStart() == starts
            && before.dstTarget() == ends()
            && before.dstRows() == to()
            && at(places, writes, payload, before.targets());
    if (!same) {
      List<Span> targets = spans(places, writes, payload);
      placed.set(payload, new ScatterRows(targets, read, rowBytes, rows, starts, ends(), to()));
    }
    return placed.get(payload);
  }

  private static List<Span> spans(Places places, Located[] buffers, int payload) {
    List<Span> spans = new ArrayList<>(buffers.length);
    for (Located buffer : buffers) {
      spans.add(places.span(buffer, payload));
    }
    return spans;
  }

  /** Whether buffers lie where they lay before. */
  private static boolean at(Places places, Located[] buffers, int payload, List<Span> before) {
    for (int i = 0; i < buffers.length; i++) {
      if (!before.get(i).equals(places.span(buffers[i], payload))) {
        return false;
      }
    }
    return true;
  }

  /** Rows that the task writes when it does its rows from {@code first} up to {@code last - 1}. */
  int rowsWritten(int first, int last) {
    return task.step() instanceof Step.Permute || task.step() instanceof Step.Scatter
        ? start().getAtIndex(JAVA_INT, last) - start().getAtIndex(JAVA_INT, first)
        : last - first;
  }

  /**
   * How many of its rows can be done.
   *
   * @param done rows that are done
   * @param here for each buffer that it reads: how many of its rows are there
   */
  int rowsReady(int done, int[] here) {
    return switch (task.step()) {
      case Step.Reduce sum -> sumsReady(done, here);
      case Step.Reorder whole -> 0;
      case Step.Pull copy -> readsReady(done, here[0]);
      case Step.Push copy -> readsReady(done, here[0]);
      case Step.Permute permute -> readsReady(done, here[0]);
      case Step.Scatter scatter -> readsReady(done, here[0]);
    };
  }

  /** Rows are read in ascending order. */
  private int readsReady(int done, int here) {
    MemorySegment list = wrapsAny ? awaited.values() : from();
    if (list == null) {
      return Math.min(count, here);
    }
    int ready = done;
    while (ready < count && list.getAtIndex(JAVA_INT, ready) < here) {
      ready++;
    }
    return ready;
  }

  private int sumsReady(int done, int[] here) {
    MemorySegment rows = wrapsAny ? awaited.values() : to();
    for (int row = done; row < count; row++) {
      int first = element(from().getAtIndex(JAVA_INT, row));
      int last = element(from().getAtIndex(JAVA_INT, row + 1));
      for (int e = first; e < last; e++) {
        if (rows.getAtIndex(JAVA_INT, e) >= here[ends().getAtIndex(JAVA_INT, e)]) {
          return row;
        }
      }
    }
    return count;
  }

  /** The first element of a group of a sum. */
  private int element(int group) {
    return start() == null ? group : start().getAtIndex(JAVA_INT, group);
  }
}
