package io.moelink.layout.cost;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.BufferKind;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Reach;
import io.moelink.layout.plan.Step;
import io.moelink.layout.topology.MemoryRates;
import io.moelink.layout.topology.Topology;
import java.util.HashMap;
import java.util.Map;

/**
 * The tasks of a plan, one for each step, in the order of ranks and steps; buffers are the events
 * between them. Which bytes a step moves over what follows from the buffers alone.
 */
final class PlanTasks {
  private final RowCounts counts;
  private final RowShape shape;
  private final FabricMap map;

  /** Copies of a byte that take as long as the sum of one. */
  private final double copiesOfSum;

  private final TaskGraph.Builder tasks;
  private final Map<Buffer, Integer> events = new HashMap<>();

  /** Those of steps that write several buffers. */
  private final Map<Step, Integer> scatterEvents = new HashMap<>();

  private final Map<Integer, Double> expertRows = new HashMap<>();

  private PlanTasks(Topology topology, RowCounts counts, RowShape shape) {
    this.counts = counts;
    this.shape = shape;
    map = new FabricMap(topology);
    MemoryRates rates = topology.memoryRates();
    copiesOfSum = rates.localCopy() / rates.reduce();
    tasks = new TaskGraph.Builder(map::paths);
  }

  static TaskGraph of(Plan plan, Topology topology, RowCounts counts, RowShape shape) {
    PlanTasks builder = new PlanTasks(topology, counts, shape);
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      for (Step step : plan.steps(rank)) {
        builder.add(step);
        for (Buffer read : step.reads()) {
          builder.reads(plan, read);
        }
      }
    }
    return builder.tasks.build();
  }

  private void add(Step step) {
    int written = event(step);
    switch (step) {
      case Step.Push push when packs(push) -> {
        double rows = rows(push.to());
        int pack = map.engine(push.from().rank());
        int wire = map.transfer(push.from().rank(), push.to().rank());
        tasks.push(written, pack, wire, rows, bytes(push.to()), shape.chunkRows());
      }
      case Step.Push push -> transfer(written, push.rank(), push.from(), push.to());
      case Step.Pull pull -> transfer(written, pull.rank(), pull.from(), pull.to());
      case Step.Permute permute -> {
        tasks.task(written);
        int source = permute.from().source();
        int rank = permute.rank();
        double read = counts.needed(source, Scope.rank(rank));
        double home = copies(source, rank, read) * shape.rowBytes();
        home += read(permute.from(), rank, read);
        work(rank, home);
      }
      case Step.Scatter scatter -> {
        tasks.task(written);
        scatter(scatter);
      }
      case Step.Reduce reduce -> {
        tasks.task(written);
        double home = rows(reduce.to()) * bytes(reduce.to());
        for (Step.Addend addend : reduce.addends()) {
          home += read(addend.buffer(), reduce.rank(), rows(addend, reduce.to().source()));
        }
        work(reduce.rank(), home * copiesOfSum);
      }
      case Step.Reorder reorder -> {
        tasks.task(written);
        work(reorder.rank(), 2 * rows(reorder.from()) * bytes(reorder.from()));
      }
    }
  }

  /** The step added last waits for all that write a buffer. */
  private void reads(Plan plan, Buffer read) {
    tasks.reads(event(read));
    for (Plan.StepId id : plan.producers(read)) {
      if (plan.step(id) instanceof Step.Scatter scatter) {
        tasks.reads(event(scatter));
      }
    }
  }

  /** Each row is read once and crosses once to each rank; the sender writes all its copies. */
  private void scatter(Step.Scatter step) {
    int source = step.from().source();
    double home = counts.needed(source, step.from().content()) * shape.rowBytes();
    for (Buffer experts : step.to()) {
      double rows = counts.needed(source, experts.scope());
      home += copies(source, experts.rank(), rows) * shape.rowBytes();
      if (rows > 0 && experts.rank() != step.rank()) {
        tasks.flow(map.transfer(step.rank(), experts.rank()), rows * shape.rowBytes());
      }
    }
    work(step.rank(), home);
  }

  /** Whether rows are picked out of the buffer, so that they are packed before they are sent. */
  private boolean packs(Step.Push push) {
    return !push.from().content().equals(push.to().content()) && rows(push.to()) > 0;
  }

  private void transfer(int written, int mover, Buffer from, Buffer to) {
    tasks.task(written);
    double bytes = rows(to) * bytes(to);
    if (bytes > 0) {
      tasks.flow(map.transfer(from.rank(), to.rank()), bytes);
      if (Reach.sharesMemory(map.topology(), from.rank(), to.rank())) {
        work(mover, 2 * bytes);
      }
    }
  }

  /**
   * Rows that a kernel reads: over the link, or returned as bytes that its copy engine takes: those
   * of its own memory, and of memory that it shares, where no wire does the work.
   */
  private double read(Buffer from, int reader, double rows) {
    double bytes = rows * bytes(from);
    if (bytes > 0 && from.rank() != reader) {
      tasks.flow(map.transfer(from.rank(), reader), bytes);
    }
    return Reach.sharesMemory(map.topology(), from.rank(), reader) ? bytes : 0;
  }

  /** The copy engine's rate is of rows copied: each byte read and written once. */
  private void work(int rank, double bytesReadAndWritten) {
    if (bytesReadAndWritten > 0) {
      tasks.flow(map.engine(rank), bytesReadAndWritten / 2);
    }
  }

  /** What rows of a source become at a rank's experts. */
  private double copies(int source, int rank, double rows) {
    return counts.rowPerSlot() ? counts.slots(source, rank) : rows;
  }

  private int event(Step step) {
    return switch (step) {
      case Step.Scatter scatter -> scatterEvents.computeIfAbsent(scatter, s -> tasks.event());
      case Step.ToOne other -> event(other.to());
    };
  }

  private int event(Buffer buffer) {
    return events.computeIfAbsent(buffer, b -> tasks.event());
  }

  private double rows(Buffer buffer) {
    return switch (buffer.kind()) {
      case EXPERT, EXPERT_COLUMNS -> expertRows.computeIfAbsent(buffer.rank(), counts::expertRows);
      case SCALAR -> counts.slots(buffer.source(), buffer.scope().index());
      case INPUT, INPUT_COLUMNS, OUTPUT, OUTPUT_COLUMNS, STAGING, PARTIAL ->
          counts.needed(buffer.source(), buffer.content());
    };
  }

  private double rows(Step.Addend addend, int source) {
    return addend.buffer().kind() == BufferKind.EXPERT && counts.rowPerSlot()
        ? counts.slots(source, addend.buffer().rank())
        : counts.needed(source, addend.present());
  }

  private long bytes(Buffer buffer) {
    return buffer.kind() == BufferKind.SCALAR ? Float.BYTES : shape.rowBytes();
  }
}
