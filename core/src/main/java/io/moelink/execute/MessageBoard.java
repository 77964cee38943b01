package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.kernel.Region;
import io.moelink.kernel.Span;
import io.moelink.layout.plan.Reach;
import io.moelink.memory.GroupMemory;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * How ranks tell each other where their buffers are: at the start of an operation a rank writes one
 * message and tells each rank that will touch its memory. Who can load the writer's memory reads it
 * there, in place; to others it is put, into a box that each has for every such writer and lane. A
 * rank begins the next operation of a lane only when all that touch its memory are done with this
 * one, so no message is overwritten before it is read. One that says what the one before said is
 * not written again: messages of a lane have versions, and the signal says which one holds, so that
 * a steady state reads nobody's memory. A message, in int64 words:
 *
 * <pre>
 *   regions
 *   key length, key (64 bytes)          for each region
 *   region number &lt;&lt; 48 | offset        for each exported buffer and payload
 * </pre>
 */
final class MessageBoard {
  private static final int KEY_BYTES = 64;
  private static final long REGION_BYTES = Long.BYTES + KEY_BYTES;
  private static final int OFFSET_BITS = 48;
  private static final int ATTACHED_MAX = 64;

  private final Transport transport;
  private final Reach reach;
  private final long boxBytes;
  private final int regionsMax;
  private final SharedRegion own;
  private final Region[] boards;

  /** By rank: the number of its box in this rank's memory, and of this rank's box in its. */
  private final int[] ownBoxes;

  private final int[] boxes;
  private final List<List<Attached>> attached = new ArrayList<>();

  /** How often a region was let go that a message named. */
  private int released;

  private final LastMessage[] last = new LastMessage[Lanes.OPERATIONS];

  /** The regions of the message at hand. */
  private final List<SharedRegion> regions = new ArrayList<>();

  /** What this rank said last in a lane, and to the ranks of which plan. */
  private static final class LastMessage {
    private final List<SharedRegion.Place> places = new ArrayList<>();
    private RankPlan plan;
    private int version;

    /** Whether this would be another message; then it is the last one, of the next version. */
    boolean becomes(RankPlan of, List<SharedRegion.Place> now) {
      if (plan == of && places.equals(now)) {
        return false;
      }
      plan = of;
      places.clear();
      for (int i = 0; i < now.size(); i++) {
        places.add(now.get(i));
      }
      version++;
      return true;
    }
  }

  /** A region of another rank, found by its key. */
  private record Attached(MemorySegment key, Region region) {}

  /**
   * Allocates the board of this rank; it is of use after {@link #connect}.
   *
   * @param reach whose memory each rank can load, the same at all ranks
   */
  MessageBoard(
      Transport transport, GroupMemory memory, Reach reach, int regionsMax, int entriesMax) {
    this.transport = transport;
    this.reach = reach;
    this.regionsMax = regionsMax;
    boxBytes = Long.BYTES + regionsMax * REGION_BYTES + (long) entriesMax * Long.BYTES;
    int ranks = transport.size();
    boards = new Region[ranks];
    ownBoxes = new int[ranks];
    boxes = new int[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      attached.add(new ArrayList<>());
      ownBoxes[rank] = boxNumber(transport.rank(), rank);
      boxes[rank] = boxNumber(rank, transport.rank());
    }
    for (int lane = 0; lane < Lanes.OPERATIONS; lane++) {
      last[lane] = new LastMessage();
    }
    long count = Lanes.OPERATIONS * boxNumber(transport.rank(), ranks);
    own = memory.allocate(count * boxBytes, "messages");
  }

  /**
   * The number of a writer's box at a reader, the same at both: after the reader's own box, and
   * those of the writers before whose memory it cannot load.
   */
  private int boxNumber(int reader, int writer) {
    int number = 1;
    for (int before = 0; before < writer; before++) {
      number += reach.loads(reader, before) ? 0 : 1;
    }
    return number;
  }

  /** What other ranks need to reach this board: its key. */
  byte[] greeting() {
    return ByteBuffer.allocate(Integer.BYTES + own.key().length)
        .putInt(own.key().length)
        .put(own.key())
        .array();
  }

  void close() {
    own.release();
  }

  void connect(int rank, ByteBuffer greeting) {
    byte[] key = new byte[greeting.getInt()];
    greeting.get(key);
    boards[rank] = rank == transport.rank() ? own.region() : transport.attach(rank, key);
  }

  /** Writes a message for the ranks that touch this rank's memory. */
  void send(RankPlan plan, int lane, long number, List<SharedRegion.Place> places) {
    if (plan.touchedBy().length == 0) {
      return;
    }
    boolean news = last[lane].becomes(plan, places);
    long outbox = box(0, lane);
    long bytes = news ? write(own.region().segment(), outbox, places) : 0;
    long value = Progress.of(number, last[lane].version);
    for (int i = 0; i < plan.touchedBy().length; i++) {
      int to = plan.touchedBy()[i];
      int slot = plan.slot(lane, plan.begunTold()[i]);
      if (!news || reach.loads(to, transport.rank())) {
        transport.signal(to, slot, value);
      } else {
        long inbox = box(boxes[to], lane);
        transport.putSignal(own.region(), outbox, boards[to], inbox, bytes, slot, value);
      }
    }
  }

  /**
   * Writes a message from an offset on; returns its bytes. Loops by index: each call would make an
   * iterator.
   */
  private long write(MemorySegment memory, long start, List<SharedRegion.Place> places) {
    regions.clear();
    for (int i = 0; i < places.size(); i++) {
      SharedRegion of = places.get(i).memory();
      if (!regions.contains(of)) {
        regions.add(of);
      }
    }
    if (regions.size() > regionsMax) {
      throw new IllegalStateException(regions.size() + " regions, expected at most " + regionsMax);
    }
    memory.set(JAVA_LONG, start, regions.size());
    long at = start + Long.BYTES;
    for (int i = 0; i < regions.size(); i++) {
      byte[] key = regions.get(i).key();
      memory.set(JAVA_LONG, at, key.length);
      MemorySegment.copy(key, 0, memory, JAVA_BYTE, at + Long.BYTES, key.length);
      at += REGION_BYTES;
    }
    for (int i = 0; i < places.size(); i++) {
      SharedRegion.Place place = places.get(i);
      long region = regions.indexOf(place.memory());
      memory.set(JAVA_LONG, at, region << OFFSET_BITS | place.offset());
      at += Long.BYTES;
    }
    return at - start;
  }

  /**
   * How many regions of other ranks were let go; a place in one that was read before that must be
   * read again.
   */
  int released() {
    return released;
  }

  /**
   * The place that {@code rank} gave as its {@code entry}-th in the message of this lane.
   *
   * @param before what was read last, or null; the result where that is the place still
   */
  Span read(int rank, int lane, int entry, Span before) {
    boolean inPlace = reach.loads(transport.rank(), rank);
    MemorySegment memory = inPlace ? boards[rank].segment() : own.region().segment();
    long start = box(inPlace ? 0 : ownBoxes[rank], lane) + Long.BYTES;
    long count = memory.get(JAVA_LONG, start - Long.BYTES);
    long word = memory.get(JAVA_LONG, start + count * REGION_BYTES + (long) entry * Long.BYTES);
    long key = start + (word >>> OFFSET_BITS) * REGION_BYTES;
    long keyBytes = memory.get(JAVA_LONG, key);
    Region region = attach(rank, memory, key + Long.BYTES, keyBytes);
    long offset = word & ((1L << OFFSET_BITS) - 1);
    boolean same = before != null && before.region() == region && before.offset() == offset;
    return same ? before : new Span(region, offset);
  }

  /** The region whose key lies from {@code start} on. */
  private Region attach(int rank, MemorySegment memory, long start, long keyBytes) {
    List<Attached> known = attached.get(rank);
    for (int i = 0; i < known.size(); i++) {
      Attached candidate = known.get(i);
      MemorySegment key = candidate.key();
      if (MemorySegment.mismatch(key, 0, key.byteSize(), memory, start, start + keyBytes) == -1) {
        // to the end of the list, from whose start regions are let go: a step may read several
        known.add(known.remove(i));
        return candidate.region();
      }
    }
    byte[] bytes = memory.asSlice(start, keyBytes).toArray(JAVA_BYTE);
    Region region = transport.attach(rank, bytes);
    known.add(new Attached(MemorySegment.ofArray(bytes), region));
    if (known.size() > ATTACHED_MAX) {
      transport.release(known.removeFirst().region());
      released++;
    }
    return region;
  }

  private long box(int number, int lane) {
    return ((long) number * Lanes.OPERATIONS + lane) * boxBytes;
  }
}
