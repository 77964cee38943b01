package io.moelink.layout.cost;

import java.util.Arrays;
import java.util.function.Supplier;

/**
 * What is to be simulated: tasks that move bytes, and events between them. A task starts when all
 * events that it reads have happened; it ends when all its flows have; an event happens when all
 * tasks that write it have ended, or at the start if there are none.
 *
 * <p>A push is a task of two flows, packing and sending, that go chunk by chunk.
 */
final class TaskGraph {
  /** Not a push, or no task. */
  static final int NONE = -1;

  final FabricPaths paths;
  final int taskCount;
  final int flowCount;
  final int[] flowTask;
  final int[] flowPath;
  final double[] flowBytes;

  /** By task: its first flow; the next task's first flow ends them. */
  final int[] firstFlow;

  /** By task: the event that it writes. */
  final int[] writes;

  /** By event: tasks that write it. */
  final int[] writers;

  /** By event: tasks that read it. */
  final Lists readers;

  /** By task: events that it reads and that some task writes. */
  final int[] pendingReads;

  /** By task: rows of one chunk if it is a push that packs, else 0. */
  final int[] chunkRows;

  /** By task: rows that a push sends. */
  final double[] pushRows;

  private TaskGraph(Builder builder) {
    paths = builder.paths.get();
    taskCount = builder.firstFlow.size();
    flowCount = builder.flowTask.size();
    flowTask = builder.flowTask.toArray();
    flowPath = builder.flowPath.toArray();
    flowBytes = builder.flowBytes.toArray();
    builder.firstFlow.add(flowCount);
    firstFlow = builder.firstFlow.toArray();
    writes = builder.writes.toArray();
    chunkRows = builder.chunkRows.toArray();
    pushRows = builder.pushRows.toArray();
    writers = new int[builder.events];
    for (int event : writes) {
      if (event != NONE) {
        writers[event]++;
      }
    }
    readers = Lists.byKey(builder.events, builder.readEvent, builder.readTask);
    pendingReads = new int[taskCount];
    for (int i = 0; i < builder.readEvent.size(); i++) {
      if (writers[builder.readEvent.get(i)] > 0) {
        pendingReads[builder.readTask.get(i)]++;
      }
    }
  }

  /** Bytes over each resource, all flows together. */
  double[] bytesByResource() {
    double[] bytes = new double[paths.resources().size()];
    Lists uses = paths.uses();
    for (int flow = 0; flow < flowCount; flow++) {
      int path = flowPath[flow];
      for (int i = uses.start()[path]; i < uses.start()[path + 1]; i++) {
        bytes[uses.values()[i]] += flowBytes[flow];
      }
    }
    return bytes;
  }

  /** Bytes that left a rank's memory for another's, each transfer counted once. */
  double bytesBetweenRanks() {
    double bytes = 0;
    for (int flow = 0; flow < flowCount; flow++) {
      int first = paths.uses().values()[paths.uses().start()[flowPath[flow]]];
      if (paths.resources().get(first).place() != LinkUse.Place.MEMORY) {
        bytes += flowBytes[flow];
      }
    }
    return bytes;
  }

  /** Collects tasks; flows, reads and writes belong to the task begun last. */
  static final class Builder {
    private final Supplier<FabricPaths> paths;
    private final Ints flowTask = new Ints();
    private final Ints flowPath = new Ints();
    private final Doubles flowBytes = new Doubles();
    private final Ints firstFlow = new Ints();
    private final Ints writes = new Ints();
    private final Ints chunkRows = new Ints();
    private final Doubles pushRows = new Doubles();
    private final Ints readEvent = new Ints();
    private final Ints readTask = new Ints();
    private int events;

    /** Asks for the paths when all tasks are there. */
    Builder(Supplier<FabricPaths> paths) {
      this.paths = paths;
    }

    /** A new event. */
    int event() {
      return events++;
    }

    /** A new task without chunks that writes {@code event}, or nothing for {@link #NONE}. */
    int task(int event) {
      return task(event, 0, 0);
    }

    private int task(int event, int chunk, double rows) {
      firstFlow.add(flowTask.size());
      writes.add(event);
      chunkRows.add(chunk);
      pushRows.add(rows);
      return firstFlow.size() - 1;
    }

    /** A new task that packs rows over one path and sends them over another, chunk by chunk. */
    int push(int event, int pack, int wire, double rows, double rowBytes, int chunk) {
      int task = task(event, chunk, rows);
      flow(pack, rows * rowBytes);
      flow(wire, rows * rowBytes);
      return task;
    }

    /** A flow of the task begun last. */
    void flow(int path, double bytes) {
      flowTask.add(firstFlow.size() - 1);
      flowPath.add(path);
      flowBytes.add(bytes);
    }

    /** The task begun last waits for this event. */
    void reads(int event) {
      readEvent.add(event);
      readTask.add(firstFlow.size() - 1);
    }

    TaskGraph build() {
      return new TaskGraph(this);
    }
  }

  @Override
  public String toString() {
    return "TaskGraph[tasks=%d, flows=%d, events=%d, pushes=%d]"
        .formatted(
            taskCount,
            flowCount,
            writers.length,
            Arrays.stream(chunkRows).filter(rows -> rows > 0).count());
  }
}
