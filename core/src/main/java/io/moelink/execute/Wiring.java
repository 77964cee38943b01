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
import java.util.stream.IntStream;

/**
 * The signals of one plan, worked out once for all ranks, so that both ends of each agree on its
 * slot without a word. Every rank's slots are numbered from 0: first "operation begun" of each rank
 * whose memory it touches, then "operation done" of each rank that touches its memory, then one for
 * each buffer that it reads and that another rank completes or helps to fill, and one for each ring
 * that it fills at another rank.
 */
final class Wiring {
  private final Plan plan;
  private final List<RankSlots> ranks = new ArrayList<>();
  private final Map<Buffer, Set<Integer>> remoteReaders = new LinkedHashMap<>();

  /** What goes over links that nobody can load through, and what is sent there. */
  private final Set<Buffer> inPieces = new HashSet<>();

  /** The buffers that need memory for some rows only, each with the rank that fills it. */
  private final Map<Buffer, Integer> rings = new HashMap<>();

  /** The ranks that fill or read rings. */
  private final Set<Integer> ringRanks = new HashSet<>();

  /** That a rank says how far it has filled a buffer. */
  private record Filled(Buffer buffer, int teller) {}

  /** The slots of one rank. */
  private static final class RankSlots {
    final Map<Integer, Integer> touches = new LinkedHashMap<>();
    final Map<Integer, Integer> touchedBy = new LinkedHashMap<>();
    final Map<Filled, Integer> filled = new LinkedHashMap<>();
    final Map<Buffer, Integer> rings = new LinkedHashMap<>();
    final Map<Buffer, Integer> exports = new LinkedHashMap<>();

    int slotOfBegun(int rank) {
      return touches.get(rank);
    }

    int slotOfDone(int rank) {
      return touches.size() + touchedBy.get(rank);
    }

    int slotOfFilled(Buffer buffer, int teller) {
      return touches.size() + touchedBy.size() + filled.get(new Filled(buffer, teller));
    }

    int slotOfRing(Buffer buffer) {
      return touches.size() + touchedBy.size() + filled.size() + rings.get(buffer);
    }

    int count() {
      return touches.size() + touchedBy.size() + filled.size() + rings.size();
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
    Map<Buffer, List<Step>> read = new HashMap<>();
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      for (Step step : plan.steps(rank)) {
        step.reads().forEach(b -> read.computeIfAbsent(b, unused -> new ArrayList<>()).add(step));
      }
    }
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      for (Step step : plan.steps(rank)) {
        for (Buffer from : step.reads()) {
          requireReach(step, from, reach);
          connect(rank, from);
        }
        if (step instanceof Step.Push push && onlySent(push, read.get(push.from()), reach)) {
          makeRing(push.from(), rank);
        }
        for (Buffer to : step.writes()) {
          if (to.rank() != rank) {
            write(rank, step, to, read.getOrDefault(to, List.of()), reach);
          }
        }
      }
    }
  }

  /** A step that writes another rank's memory. */
  private void write(int rank, Step step, Buffer to, List<Step> readers, Reach reach) {
    touch(rank, to);
    if (!readers.isEmpty()) {
      number(ranks.get(to.rank()).filled, new Filled(to, rank));
    }
    if (!reach.loads(rank, to.rank())) {
      inPieces.add(to);
      inPieces.addAll(step.reads());
      if (readers.size() == 1 && readsOnce(readers.getFirst(), to)) {
        makeRing(to, rank);
        number(ranks.get(rank).rings, to);
      }
    }
  }

  private void makeRing(Buffer buffer, int filler) {
    rings.put(buffer, filler);
    ringRanks.add(filler);
    ringRanks.add(buffer.rank());
  }

  /** Whether a buffer of sums is made only to be sent from where it lies. */
  private boolean onlySent(Step.Push push, List<Step> readers, Reach reach) {
    Buffer from = push.from();
    List<Plan.StepId> producers = plan.producers(from);
    return !reach.loads(push.rank(), push.to().rank())
        && readers.size() == 1
        && producers.size() == 1
        && plan.step(producers.getFirst()) instanceof Step.Reduce reduce
        && reduce.rank() == push.rank()
        && from.content().equals(push.to().content());
  }

  /** Whether a step of the buffer's rank reads every row once, in their order, and keeps none. */
  private static boolean readsOnce(Step step, Buffer buffer) {
    if (step.rank() != buffer.rank()) {
      return false;
    }
    return switch (step) {
      case Step.Permute permute -> buffer.content().equals(permute.to().scope());
      case Step.Reduce reduce ->
          reduce.addends().stream()
              .filter(addend -> addend.buffer().equals(buffer))
              .allMatch(addend -> addend.present().equals(buffer.content()));
      default -> false;
    };
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
    if (plan.producers(read).size() > 1) {
      throw new IllegalStateException(
          "%s: rank %d reads %s, which several steps of rank %d fill"
              .formatted(plan.name(), reader, read, read.rank()));
    }
    if (!plan.producers(read).isEmpty()) {
      number(ranks.get(reader).filled, new Filled(read, read.rank()));
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

  /** Whether a buffer has memory for some of its rows only. */
  boolean isRing(Buffer buffer) {
    return rings.containsKey(buffer);
  }

  /** The other end of a ring that another rank fills; null for other buffers. */
  private RingEnd fillerOf(Buffer read) {
    int filler = rings.getOrDefault(read, read.rank());
    return filler == read.rank() ? null : new RingEnd(filler, ranks.get(filler).slotOfRing(read));
  }

  private int slotOfFilled(int rank, Buffer buffer, int teller) {
    return ranks.get(rank).slotOfFilled(buffer, teller);
  }

  /** What the executor of {@code rank} does, in order. */
  List<Task> tasks(int rank) {
    List<Task> tasks = new ArrayList<>();
    Map<Buffer, List<Integer>> producedBy = new HashMap<>();
    RankSlots own = ranks.get(rank);
    for (Filled filled : own.filled.keySet()) {
      Set<Integer> readers = remoteReaders.get(filled.buffer());
      if (filled.buffer().rank() == rank && readers != null) {
        tasks.add(passOn(rank, filled, readers));
      }
    }
    for (Step step : plan.steps(rank)) {
      tasks.add(task(rank, step, producedBy));
      for (Buffer written : step.writes()) {
        if (written.rank() == rank) {
          producedBy.computeIfAbsent(written, b -> new ArrayList<>()).add(tasks.size() - 1);
        }
      }
    }
    return tasks;
  }

  private Task passOn(int rank, Filled filled, Set<Integer> readers) {
    Buffer buffer = filled.buffer();
    return new Task(
        null,
        List.of(buffer),
        new int[0],
        new int[0],
        new int[][] {{slotOfFilled(rank, buffer, filled.teller())}},
        new int[][] {{filled.teller()}},
        new int[][] {{}},
        false,
        null,
        new RingEnd[1],
        false,
        ints(readers),
        readers.stream().mapToInt(reader -> slotOfFilled(reader, buffer, rank)).toArray());
  }

  private Task task(int rank, Step step, Map<Buffer, List<Integer>> producedBy) {
    Set<Integer> begun = new LinkedHashSet<>();
    List<Buffer> reads = step.reads();
    int[][] readSlots = new int[reads.size()][];
    int[][] readRanks = new int[reads.size()][];
    int[][] readTasks = new int[reads.size()][];
    RingEnd[] empties = new RingEnd[reads.size()];
    for (int i = 0; i < readSlots.length; i++) {
      Buffer read = reads.get(i);
      if (read.rank() != rank) {
        begun.add(read.rank());
      }
      readRanks[i] = tellers(rank, read);
      readSlots[i] =
          IntStream.of(readRanks[i]).map(teller -> slotOfFilled(rank, read, teller)).toArray();
      readTasks[i] = ints(localProducers(rank, read, producedBy));
      empties[i] = fillerOf(read);
    }
    List<Integer> tellRanks = new ArrayList<>();
    List<Integer> tellSlots = new ArrayList<>();
    RingEnd fills = null;
    for (Buffer written : step.writes()) {
      if (isRing(written)) {
        boolean own = written.rank() == rank;
        fills =
            new RingEnd(written.rank(), own ? RingEnd.OWN : ranks.get(rank).slotOfRing(written));
      }
      if (written.rank() != rank) {
        begun.add(written.rank());
      }
      for (int to : listeners(rank, written)) {
        tellRanks.add(to);
        tellSlots.add(slotOfFilled(to, written, rank));
      }
    }
    return new Task(
        step,
        step.writes(),
        begun.stream().mapToInt(of -> slotOfBegun(rank, of)).toArray(),
        ints(begun),
        readSlots,
        readRanks,
        readTasks,
        ringRanks.contains(rank) || step.writes().stream().anyMatch(inPieces::contains),
        fills,
        empties,
        step instanceof Step.Push push && isRing(push.from()),
        ints(tellRanks),
        ints(tellSlots));
  }

  /**
   * The ranks that say how far a buffer is filled: to the rank that has it those that write it, to
   * others the rank that has it, also of what it was sent itself.
   */
  private int[] tellers(int rank, Buffer read) {
    IntStream told =
        read.rank() == rank
            ? plan.producers(read).stream().mapToInt(Plan.StepId::rank).distinct()
            : IntStream.of(read.rank());
    Map<Filled, Integer> filled = ranks.get(rank).filled;
    return told.filter(teller -> filled.containsKey(new Filled(read, teller))).toArray();
  }

  /** The ranks to tell how far {@code rank} has filled a buffer. */
  private Set<Integer> listeners(int rank, Buffer written) {
    if (written.rank() == rank) {
      return remoteReaders.getOrDefault(written, Set.of());
    }
    boolean told = ranks.get(written.rank()).filled.containsKey(new Filled(written, rank));
    return told ? Set.of(written.rank()) : Set.of();
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
