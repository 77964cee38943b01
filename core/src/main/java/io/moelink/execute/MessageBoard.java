package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.kernel.Region;
import io.moelink.kernel.Span;
import io.moelink.memory.GroupMemory;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * How ranks tell each other where their buffers are. Every rank has a box for every other rank and
 * lane; at the start of an operation a rank puts one message into its box at each rank that will
 * touch its memory. A message, in int64 words:
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
  private final long boxBytes;
  private final int regionsMax;
  private final SharedRegion own;
  private final Region[] boards;
  private final List<List<Attached>> attached = new ArrayList<>();

  /** A region of another rank, found by its key. */
  private record Attached(byte[] key, Region region) {}

  /** Allocates the board of this rank; it is of use after {@link #connect}. */
  MessageBoard(Transport transport, GroupMemory memory, int regionsMax, int entriesMax) {
    this.transport = transport;
    this.regionsMax = regionsMax;
    boxBytes = Long.BYTES + regionsMax * REGION_BYTES + (long) entriesMax * Long.BYTES;
    long boxes = (long) Lanes.OPERATIONS * (transport.size() + 1);
    own = memory.allocate(boxes * boxBytes, "messages");
    boards = new Region[transport.size()];
    for (int rank = 0; rank < transport.size(); rank++) {
      attached.add(new ArrayList<>());
    }
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

  /** Writes a message and puts it into the boxes of the ranks that touch this rank's memory. */
  void send(RankPlan plan, int lane, long number, List<SharedRegion.Place> places) {
    if (plan.touchedBy().length == 0) {
      return;
    }
    long outbox = box(transport.size(), lane);
    long bytes = write(own.region().segment().asSlice(outbox, boxBytes), places);
    for (int to : plan.touchedBy()) {
      int slot = plan.slot(lane, plan.wiring().slotOfBegun(to, transport.rank()));
      long inbox = box(transport.rank(), lane);
      transport.putSignal(
          own.region(), outbox, boards[to], inbox, bytes, slot, Progress.complete(number));
    }
  }

  private long write(MemorySegment message, List<SharedRegion.Place> places) {
    List<SharedRegion> regions = new ArrayList<>();
    for (SharedRegion.Place place : places) {
      if (!regions.contains(place.memory())) {
        regions.add(place.memory());
      }
    }
    if (regions.size() > regionsMax) {
      throw new IllegalStateException(regions.size() + " regions, expected at most " + regionsMax);
    }
    message.set(JAVA_LONG, 0, regions.size());
    long at = Long.BYTES;
    for (SharedRegion region : regions) {
      message.set(JAVA_LONG, at, region.key().length);
      MemorySegment.copy(
          MemorySegment.ofArray(region.key()), 0, message, at + Long.BYTES, region.key().length);
      at += REGION_BYTES;
    }
    for (SharedRegion.Place place : places) {
      message.set(
          JAVA_LONG, at, (long) regions.indexOf(place.memory()) << OFFSET_BITS | place.offset());
      at += Long.BYTES;
    }
    return at;
  }

  /** The place that {@code rank} gave as its {@code entry}-th in the message of this lane. */
  Span read(int rank, int lane, int entry) {
    MemorySegment message = own.region().segment().asSlice(box(rank, lane), boxBytes);
    long regions = message.get(JAVA_LONG, 0);
    long word =
        message.get(JAVA_LONG, Long.BYTES + regions * REGION_BYTES + (long) entry * Long.BYTES);
    long region = Long.BYTES + (word >>> OFFSET_BITS) * REGION_BYTES;
    int keyLength = (int) message.get(JAVA_LONG, region);
    Region memory = attach(rank, message.asSlice(region + Long.BYTES, keyLength));
    return new Span(memory, word & ((1L << OFFSET_BITS) - 1));
  }

  private Region attach(int rank, MemorySegment key) {
    List<Attached> known = attached.get(rank);
    for (Attached candidate : known) {
      if (MemorySegment.ofArray(candidate.key()).mismatch(key) == -1) {
        // to the end of the list, from whose start regions are let go: a step may read several
        known.remove(candidate);
        known.add(candidate);
        return candidate.region();
      }
    }
    byte[] bytes = key.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    Region region = transport.attach(rank, bytes);
    known.add(new Attached(bytes, region));
    if (known.size() > ATTACHED_MAX) {
      transport.release(known.removeFirst().region());
    }
    return region;
  }

  private long box(int rank, int lane) {
    return ((long) lane * (transport.size() + 1) + rank) * boxBytes;
  }
}
