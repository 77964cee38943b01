package io.moelink.execute;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Crossings;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Step;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/** One rank's part of a plan with all that does not depend on a routing. */
final class RankPlan {
  private final Wiring wiring;
  private final int rank;
  private final int firstSlot;
  private final int laneSlots;
  private final int ringRows;
  private final List<Task> tasks;
  private final List<Buffer> buffers;
  private final List<Buffer> exports;
  private final Map<Buffer, Integer> numbers = new HashMap<>();
  private final int remoteCount;
  private final Crossings crossings;
  private final int[] touches;
  private final int[] touchedBy;
  private final int[] begunTold;
  private final int[] doneTold;
  private final int[] doneSlots;

  /**
   * @param firstSlot the first of this plan's signal slots
   * @param laneSlots slots from one lane's to the next lane's
   * @param ringRows rows that a ring has memory for, a power of two
   */
  RankPlan(Topology topology, Wiring wiring, int rank, int firstSlot, int laneSlots, int ringRows) {
    this.ringRows = ringRows;
    this.wiring = wiring;
    this.rank = rank;
    this.firstSlot = firstSlot;
    this.laneSlots = laneSlots;
    tasks = wiring.tasks(rank);
    touches = wiring.touches(rank);
    touchedBy = wiring.touchedBy(rank);
    begunTold = slots(touchedBy, to -> wiring.slotOfBegun(to, rank));
    doneTold = slots(touches, to -> wiring.slotOfDone(to, rank));
    doneSlots = slots(touchedBy, from -> wiring.slotOfDone(rank, from));
    Set<Buffer> local = new LinkedHashSet<>();
    for (Step step : wiring.plan().steps(rank)) {
      step.reads().stream().filter(buffer -> buffer.rank() == rank).forEach(local::add);
      step.writes().stream().filter(buffer -> buffer.rank() == rank).forEach(local::add);
    }
    exports = wiring.exports(rank);
    local.addAll(exports);
    buffers = new ArrayList<>(local);
    buffers.forEach(buffer -> numbers.put(buffer, numbers.size()));
    remoteCount = numberRemote();
    crossings = Crossings.of(topology, wiring.plan().steps(rank));
  }

  private static int[] slots(int[] ranks, IntUnaryOperator slotOf) {
    return Arrays.stream(ranks).map(slotOf).toArray();
  }

  private int numberRemote() {
    Set<Buffer> remote = new LinkedHashSet<>();
    for (Step step : wiring.plan().steps(rank)) {
      remote.addAll(step.reads());
      remote.addAll(step.writes());
    }
    remote.removeIf(buffer -> buffer.rank() == rank);
    int count = 0;
    for (Buffer buffer : remote) {
      numbers.put(buffer, count++);
    }
    return count;
  }

  /** Rows that a ring has memory for, a power of two. */
  int ringRows() {
    return ringRows;
  }

  /** Rows for which a buffer of that many has memory. */
  int rowsKept(Buffer buffer, int rows) {
    return wiring.isRing(buffer) ? Math.min(rows, ringRows) : rows;
  }

  /** The links that its steps use. */
  Crossings crossings() {
    return crossings;
  }

  Wiring wiring() {
    return wiring;
  }

  Plan plan() {
    return wiring.plan();
  }

  int rank() {
    return rank;
  }

  List<Task> tasks() {
    return tasks;
  }

  /** Buffers that a task reads at most. */
  int readsMax() {
    return tasks.stream().mapToInt(task -> task.readSlots().length).max().orElse(0);
  }

  /** All buffers of the plan that lie in this rank's memory. */
  List<Buffer> buffers() {
    return buffers;
  }

  /** The number of a buffer that its steps touch: among this rank's, or among those of others. */
  int number(Buffer buffer) {
    return numbers.get(buffer);
  }

  /** What finds a buffer that its steps touch. */
  Located locate(Buffer buffer) {
    int of = buffer.rank();
    return of == rank
        ? new Located(buffer, number(buffer), -1, -1)
        : new Located(
            buffer, number(buffer), wiring.exportIndex(buffer), wiring.slotOfBegun(rank, of));
  }

  /** Buffers of other ranks that its steps touch. */
  int remoteCount() {
    return remoteCount;
  }

  /** Those of this rank's that other ranks touch, in the order of their numbers. */
  List<Buffer> exports() {
    return exports;
  }

  /** Ranks whose memory this one touches. */
  int[] touches() {
    return touches;
  }

  /** Ranks that touch this rank's memory. */
  int[] touchedBy() {
    return touchedBy;
  }

  /** For each of {@link #touchedBy} its slot for "this rank has begun". */
  int[] begunTold() {
    return begunTold;
  }

  /** For each of {@link #touches} its slot for "this rank is done". */
  int[] doneTold() {
    return doneTold;
  }

  /** For each of {@link #touchedBy} the own slot for "it is done". */
  int[] doneSlots() {
    return doneSlots;
  }

  /** The transport's slot for a slot of the plan, at any rank. */
  int slot(int lane, int planSlot) {
    return firstSlot + lane * laneSlots + planSlot;
  }
}
