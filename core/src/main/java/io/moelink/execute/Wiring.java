package io.moelink.execute;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Reach;
import io.moelink.layout.plan.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The signals of one plan, worked out once for all ranks, so that both ends of each agree on its
 * slot without a word. Every rank's slots are numbered from 0: first "operation begun" of each rank
 * whose memory it touches, then "operation done" of each rank that touches its memory, then one for
 * each buffer that another rank completes.
 */
final class Wiring {
  private final Plan plan;
  private final List<RankSlots> ranks = new ArrayList<>();
  private final Map<Buffer, Set<Integer>> remoteReaders = new LinkedHashMap<>();

  /** What goes over links that nobody can load through, and what is sent there. */
  private final Set<Buffer> inPieces = new HashSet<>();

  /** The slots of one rank. */
  private static final class RankSlots {
    final Map<Integer, Integer> touches = new LinkedHashMap<>();
    final Map<Integer, Integer> touchedBy = new LinkedHashMap<>();
    final Map<Buffer, Integer> filled = new LinkedHashMap<>();
    final Map<Buffer, Integer> exports = new LinkedHashMap<>();

    int slotOfBegun(int rank) {
      return touches.get(rank);
    }

    int slotOfDone(int rank) {
      return touches.size() + touchedBy.get(rank);
    }

    int slotOfFilled(Buffer buffer) {
      return touches.size() + touchedBy.size() + filled.get(buffer);
    }

    int count() {
      return touches.size() + touchedBy.size() + filled.size();
    }
  }

  /**
   * Wires a plan.
   *
   * @throws IllegalStateException when a step reads memory that its rank cannot load
   */
  Wiring(Plan plan, Reach reach) {
    this.plan = plan;
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      ranks.add(new RankSlots());
    }
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      for (Step step : plan.steps(rank)) {
        for (Buffer read : step.reads()) {
          requireReach(step, read, reach);
          connect(rank, read);
        }
        if (step.to().rank() != rank) {
          if (!reach.loads(rank, step.to().rank())) {
            inPieces.add(step.to());
            inPieces.addAll(step.reads());
          }
          touch(rank, step.to());
          number(ranks.get(step.to().rank()).filled, step.to());
        }
      }
    }
  }

  private void requireReach(Step step, Buffer read, Reach reach) {
    if (read.rank() != step.rank() && !reach.loads(step.rank(), read.rank())) {
      throw new IllegalStateException(
          "%s: rank %d would load %s, memory of rank %d that it cannot reach"
              .formatted(plan.name(), step.rank(), read, read.rank()));
    }
  }

  private void connect(int reader, Buffer read) {
    if (read.rank() == reader) {
      return;
    }
    touch(reader, read);
    if (!plan.producers(read).isEmpty()) {
      number(ranks.get(reader).filled, read);
      remoteReaders.computeIfAbsent(read, b -> new LinkedHashSet<>()).add(reader);
    }
  }

  private void touch(int rank, Buffer buffer) {
    number(ranks.get(rank).touches, buffer.rank());
    number(ranks.get(buffer.rank()).touchedBy, rank);
    number(ranks.get(buffer.rank()).exports, buffer);
  }

  private static <K> void number(Map<K, Integer> map, K key) {
    map.putIfAbsent(key, map.size());
  }

  Plan plan() {
    return plan;
  }

  /** Signal slots that each rank needs for one operation in flight: the largest of all ranks. */
  int slotCount() {
    return ranks.stream().mapToInt(RankSlots::count).max().orElse(0);
  }

  /** Buffers that a rank shows to others: the largest number of all ranks. */
  int exportCountMax() {
    return ranks.stream().mapToInt(slots -> slots.exports.size()).max().orElse(0);
  }

  /** The buffers of {@code rank} that other ranks touch, in the order of their numbers. */
  List<Buffer> exports(int rank) {
    return List.copyOf(ranks.get(rank).exports.keySet());
  }

  /** The number of an exported buffer at its rank. */
  int exportIndex(Buffer buffer) {
    return ranks.get(buffer.rank()).exports.get(buffer);
  }

  /** Ranks whose memory {@code rank} touches. */
  int[] touches(int rank) {
    return ints(ranks.get(rank).touches.keySet());
  }

  /** Ranks that touch the memory of {@code rank}. */
  int[] touchedBy(int rank) {
    return ints(ranks.get(rank).touchedBy.keySet());
  }

  /** The slot at {@code rank} for "{@code of} has begun". */
  int slotOfBegun(int rank, int of) {
    return ranks.get(rank).slotOfBegun(of);
  }

  /** The slot at {@code rank} for "{@code of} is done". */
  int slotOfDone(int rank, int of) {
    return ranks.get(rank).slotOfDone(of);
  }

  /** The slot at {@code rank} for "this buffer is complete". */
  int slotOfFilled(int rank, Buffer buffer) {
    return ranks.get(rank).slotOfFilled(buffer);
  }

  /** What the executor of {@code rank} does, in order. */
  List<Task> tasks(int rank) {
    List<Task> tasks = new ArrayList<>();
    Map<Buffer, List<Integer>> producedBy = new HashMap<>();
    RankSlots own = ranks.get(rank);
    for (Buffer filled : own.filled.keySet()) {
      Set<Integer> readers = remoteReaders.get(filled);
      if (filled.rank() == rank && readers != null) {
        tasks.add(passOn(rank, filled, readers));
      }
    }
    for (Step step : plan.steps(rank)) {
      tasks.add(task(rank, step, producedBy));
      if (step.to().rank() == rank) {
        producedBy.computeIfAbsent(step.to(), b -> new ArrayList<>()).add(tasks.size() - 1);
      }
    }
    return tasks;
  }

  private Task passOn(int rank, Buffer buffer, Set<Integer> readers) {
    return new Task(
        null,
        buffer,
        new int[0],
        new int[0],
        new int[] {slotOfFilled(rank, buffer)},
        new int[] {writerOf(buffer)},
        new int[][] {{}},
        false,
        ints(readers),
        readers.stream().mapToInt(reader -> slotOfFilled(reader, buffer)).toArray());
  }

  private Task task(int rank, Step step, Map<Buffer, List<Integer>> producedBy) {
    Set<Integer> begun = new LinkedHashSet<>();
    List<Buffer> reads = step.reads();
    int[] readSlots = new int[reads.size()];
    int[] readRanks = new int[reads.size()];
    int[][] readTasks = new int[reads.size()][];
    for (int i = 0; i < readSlots.length; i++) {
      Buffer read = reads.get(i);
      if (read.rank() != rank) {
        begun.add(read.rank());
      }
      boolean filled = ranks.get(rank).filled.containsKey(read);
      // a buffer's own rank tells its readers, also of what it was sent itself
      int teller = read.rank() == rank && filled ? writerOf(read) : read.rank();
      readSlots[i] = filled ? slotOfFilled(rank, read) : -1;
      readRanks[i] = filled ? teller : -1;
      readTasks[i] = ints(localProducers(rank, read, producedBy));
    }
    Buffer written = step.to();
    List<Integer> tellRanks = new ArrayList<>();
    if (written.rank() != rank) {
      begun.add(written.rank());
      tellRanks.add(written.rank());
    } else if (remoteReaders.containsKey(written)) {
      tellRanks.addAll(remoteReaders.get(written));
    }
    return new Task(
        step,
        written,
        begun.stream().mapToInt(of -> slotOfBegun(rank, of)).toArray(),
        ints(begun),
        readSlots,
        readRanks,
        readTasks,
        inPieces.contains(written),
        ints(tellRanks),
        tellRanks.stream().mapToInt(to -> slotOfFilled(to, written)).toArray());
  }

  private int writerOf(Buffer buffer) {
    return plan.producers(buffer).getFirst().rank();
  }

  private List<Integer> localProducers(
      int rank, Buffer read, Map<Buffer, List<Integer>> producedBy) {
    List<Integer> earlier = producedBy.getOrDefault(read, List.of());
    long all = plan.producers(read).stream().filter(id -> id.rank() == rank).count();
    if (read.rank() == rank && earlier.size() != all) {
      throw new IllegalStateException(
          "rank %d of %s reads %s before all steps that write it: %d of %d"
              .formatted(rank, plan.name(), read, earlier.size(), all));
    }
    return earlier;
  }

  private static int[] ints(java.util.Collection<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
