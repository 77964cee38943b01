package io.moelink.execute;

import io.moelink.kernel.Region;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Reach;
import io.moelink.memory.GroupMemory;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The all-gather of routing: every rank writes, once for all, the head of its index, and for every
 * other one the slice that concerns it, and tells it where. Who can load the writer's memory reads
 * both there, in place; to others they are put, into a box that each has for each such writer. What
 * a rank reads beside heads grows with its own experts and not with the number of ranks. A rank's
 * memory, once for each number in use:
 *
 * <pre>
 *   head       for those who can load it
 *   slices     one for each other rank, one after the other; a head before those that are put
 *   boxes      one for each rank whose memory this one cannot load: a head and a slice
 * </pre>
 */
final class IndexBoard {
  private final Transport transport;
  private final EngineConfig config;
  private final Reach reach;
  private final int firstSlot;
  private final StepTimes times;
  private final Farewell farewell;
  private final SliceHead head;
  private final SliceLayout[] written;
  private final SliceLayout[] read;

  /** What others have published, as this rank reads it. */
  private final SlicedRouting[] slices;

  /** Those, and what this rank has published itself, of the routing at hand. */
  private final SourceRouting[] sources;

  /** Where the box of each writer starts in this rank's memory, -1 where there is none. */
  private final long[] ownBoxes;

  /** Where this rank's box starts at each reader. */
  private final long[] boxes;

  /** Bytes from one number's memory to the next, at each rank. */
  private final long[] strides;

  private final SharedRegion own;
  private final Region[] boards;
  private long published;

  /**
   * Allocates the board of this rank; it is of use after {@link #connect}.
   *
   * @param reach whose memory each rank can load, the same at all ranks
   */
  IndexBoard(
      Transport transport,
      GroupMemory memory,
      EngineConfig config,
      List<Plan> plans,
      Reach reach,
      int firstSlot,
      StepTimes times,
      Farewell farewell) {
    this.transport = transport;
    this.config = config;
    this.reach = reach;
    this.firstSlot = firstSlot;
    this.times = times;
    this.farewell = farewell;
    written = layouts(IndexNeeds.ofSource(transport.rank(), plans), config);
    read = layouts(IndexNeeds.ofReader(transport.rank(), plans), config);
    head = new SliceHead(config.placement().experts(), config.topology());
    slices =
        Arrays.stream(read)
            .map(layout -> new SlicedRouting(head, layout))
            .toArray(SlicedRouting[]::new);
    sources = new SourceRouting[transport.size()];
    ownBoxes = new long[transport.size()];
    boxes = new long[transport.size()];
    strides = new long[transport.size()];
    strides[transport.rank()] = placeBoxes(slicesEnd());
    own = memory.allocate(Lanes.INDEXES * strides[transport.rank()], "routing index");
    boards = new Region[transport.size()];
  }

  private static SliceLayout[] layouts(IndexNeeds[] needs, EngineConfig config) {
    return Arrays.stream(needs)
        .map(one -> new SliceLayout(one, config.placement()))
        .toArray(SliceLayout[]::new);
  }

  /** The end of the slices at most: no slot of a token is in more slices than ask for its rank. */
  private long slicesEnd() {
    long end = head.bytes();
    long slots = 0;
    int[] asking = new int[transport.size()];
    for (int reader = 0; reader < written.length; reader++) {
      SliceLayout slice = written[reader];
      end += reach.loads(reader, transport.rank()) ? 0 : head.bytes();
      end += slice.fixedBytesMax(config.tokensMax());
      slots += slice.slotBytesMax(config.tokensMax(), config.topK());
      for (int rank : slice.expertRanks()) {
        asking[rank]++;
      }
    }
    long slot = (long) config.tokensMax() * config.topK() * (Integer.BYTES + Float.BYTES);
    return end + Math.min(slots, Arrays.stream(asking).max().orElse(0) * slot);
  }

  private long placeBoxes(long start) {
    long end = SliceLayout.align(start);
    for (int rank = 0; rank < ownBoxes.length; rank++) {
      boolean box = rank != transport.rank() && !reach.loads(transport.rank(), rank);
      ownBoxes[rank] = box ? end : -1;
      if (box) {
        SliceLayout slice = read[rank];
        end +=
            head.bytes()
                + slice.fixedBytesMax(config.tokensMax())
                + slice.slotBytesMax(config.tokensMax(), config.topK());
      }
    }
    return SliceLayout.align(end);
  }

  /** Signal slots that a board of {@code ranks} ranks needs. */
  static int slotCount(int ranks) {
    return Lanes.INDEXES * ranks;
  }

  /** What other ranks need to reach this board: its key, its stride and where their boxes are. */
  byte[] greeting() {
    ByteBuffer bytes =
        ByteBuffer.allocate(Integer.BYTES + own.key().length + (1 + boxes.length) * Long.BYTES);
    bytes.putInt(own.key().length).put(own.key()).putLong(strides[transport.rank()]);
    for (long box : ownBoxes) {
      bytes.putLong(box);
    }
    return bytes.array();
  }

  void close() {
    own.release();
  }

  void connect(int rank, ByteBuffer greeting) {
    byte[] key = new byte[greeting.getInt()];
    greeting.get(key);
    boards[rank] = rank == transport.rank() ? own.region() : transport.attach(rank, key);
    strides[rank] = greeting.getLong();
    boxes[rank] = greeting.getLong(greeting.position() + transport.rank() * Long.BYTES);
    greeting.position(greeting.position() + boxes.length * Long.BYTES);
  }

  /** Publishes this rank's index; returns its number, the same on all ranks. */
  long publish(RoutingIndex index) {
    long number = ++published;
    int self = transport.rank();
    long base = place(self, number);
    MemorySegment memory = own.region().segment();
    head.write(index, memory, base);
    long at = base + head.bytes();
    for (int reader = 0; reader < transport.size(); reader++) {
      if (reader == self) {
        continue;
      }
      if (reach.loads(reader, self)) {
        long start = at - base;
        at += written[reader].write(index, memory, at);
        transport.signal(reader, slot(number, self), told(number, start));
      } else {
        head.write(index, memory, at);
        long bytes = head.bytes() + written[reader].write(index, memory, at + head.bytes());
        put(reader, number, at, bytes);
        at += bytes;
      }
    }
    return number;
  }

  private void put(int reader, long number, long from, long bytes) {
    int slot = slot(number, transport.rank());
    long box = place(reader, number) + boxes[reader];
    try {
      transport.putSignal(own.region(), from, boards[reader], box, bytes, slot, told(number, 0));
    } catch (RuntimeException e) {
      if (farewell.left(reader)) {
        throw new TransportException(
            reader,
            "rank %d: rank %d has closed its group instead".formatted(transport.rank(), reader),
            e);
      }
      throw e;
    }
  }

  /** Whether all other ranks have published their index of that number. */
  boolean complete(long number) {
    return arrived(number) == transport.size();
  }

  /**
   * Waits for all ranks' indexes; they may be read until the next are gathered.
   *
   * @param index this rank's own, which was published under that number
   */
  GatheredRouting gather(long number, RoutingIndex index, Deadline deadline) {
    for (int rank = 0; rank < transport.size(); rank++) {
      if (rank == transport.rank()) {
        sources[rank] = index;
      } else {
        if (!isHere(number, rank)) {
          awaitIndex(number, rank, deadline);
        }
        sources[rank] = slice(number, rank);
      }
    }
    times.heardAll();
    return new GatheredRouting(
        config.topology(), config.placement(), config.topK(), List.of(sources));
  }

  /** The slice that a rank wrote for this one. */
  private SlicedRouting slice(long number, int rank) {
    int self = transport.rank();
    if (ownBoxes[rank] >= 0) {
      long box = place(self, number) + ownBoxes[rank];
      return slices[rank].read(own.region().segment(), box, box + head.bytes());
    }
    MemorySegment memory = boards[rank].segment();
    long board = place(rank, number);
    long units = Progress.low(transport.signalValue(slot(number, rank)));
    long start = units * SliceLayout.ALIGNMENT;
    return slices[rank].read(memory, board, board + start);
  }

  private void awaitIndex(long number, int rank, Deadline deadline) {
    Waiting waiting = times.waiting("routing", transport.rank(), rank);
    try {
      int missing = transport.size() - arrived(number);
      farewell.awaitSignal(slot(number, rank), told(number, 0), missing, deadline, rank);
    } catch (TransportException e) {
      if (!deadline.passed() || e.rank() != rank) {
        throw e;
      }
      throw new TransportException(
          rank,
          "rank %d, routing %d: waited %s for rank %d; the routing of %d of %d ranks is here"
              .formatted(
                  transport.rank(), number, deadline, rank, arrived(number), transport.size()),
          e);
    } finally {
      waiting.end();
    }
  }

  /** Ranks whose routing is here, this one's included. */
  private int arrived(long number) {
    int count = 1;
    for (int rank = 0; rank < transport.size(); rank++) {
      count += rank != transport.rank() && isHere(number, rank) ? 1 : 0;
    }
    return count;
  }

  private boolean isHere(long number, int rank) {
    return Progress.reached(transport.signalValue(slot(number, rank)), number);
  }

  /** What a rank signals: the number of its routing, and where its reader's slice starts. */
  private static long told(long number, long start) {
    return Progress.of(number, Math.toIntExact(start / SliceLayout.ALIGNMENT));
  }

  private long place(int rank, long number) {
    return number % Lanes.INDEXES * strides[rank];
  }

  private int slot(long number, int rank) {
    return firstSlot + (int) (number % Lanes.INDEXES) * transport.size() + rank;
  }
}
