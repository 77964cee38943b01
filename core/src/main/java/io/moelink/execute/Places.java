package io.moelink.execute;

import io.moelink.kernel.Span;
import io.moelink.layout.plan.Buffer;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the buffers of a plan lie, for one operation of a lane after another: this rank's, in the
 * caller's memory or in one region on the way, and those of others, as their messages say. What has
 * not moved since the operation before is the same object, so a group in its steady state makes
 * none.
 */
final class Places {
  private static final int ALIGNMENT = 64;

  private final RankPlan plan;
  private final int lane;
  private final RegionPool pool;
  private final MessageBoard board;
  private final Transport transport;

  /** By local buffer, then payload. */
  private final SharedRegion.Place[][] local;

  /** Bytes kept for each in the region on the way: what it has needed at most. */
  private final long[][] room;

  /** By buffer of another rank, then payload: where it was last, and the version that said so. */
  private final Span[][] remote;

  private final int[][] versions;

  /** What {@link MessageBoard#released} was when those were read. */
  private int released;

  private final List<SharedRegion.Place> exported = new ArrayList<>();
  private Operation operation;
  private SharedRegion scratch;

  Places(RankPlan plan, int lane, Executor executor) {
    this.plan = plan;
    this.lane = lane;
    pool = executor.scratch();
    board = executor.board();
    transport = executor.transport();
    int payloads = executor.payloadsMax();
    local = new SharedRegion.Place[plan.buffers().size()][payloads];
    room = new long[plan.buffers().size()][payloads];
    remote = new Span[plan.remoteCount()][payloads];
    versions = new int[plan.remoteCount()][payloads];
  }

  /** Finds a place for each of this rank's buffers; they are this operation's until release. */
  void take(Operation next) {
    if (scratch != null) {
      throw new IllegalStateException("the operation before holds the lane, expected its release");
    }
    operation = next;
    scratch = pool.acquire(makeRoom());
    long at = 0;
    exported.clear();
    for (int i = 0; i < local.length; i++) {
      for (int payload = 0; payload < payloads(); payload++) {
        SharedRegion.Place place = given(i, payload);
        if (place == null) {
          place = inScratch(local[i][payload], at);
          at += room[i][payload];
        }
        local[i][payload] = place;
      }
    }
    for (int i = 0; i < plan.exports().size(); i++) {
      int number = plan.number(plan.exports().get(i));
      for (int payload = 0; payload < payloads(); payload++) {
        exported.add(local[number][payload]);
      }
    }
  }

  private int payloads() {
    return operation.rowBytes().length;
  }

  /** Where the caller holds a buffer, or null. */
  private SharedRegion.Place given(int i, int payload) {
    return operation.ends().place(plan.buffers().get(i), payload);
  }

  private SharedRegion.Place inScratch(SharedRegion.Place before, long at) {
    boolean same = before != null && before.memory() == scratch && before.offset() == at;
    return same ? before : scratch.at(at);
  }

  /**
   * Bytes of all buffers that the caller does not hold. Each keeps what it needed at most, so that
   * the next ones stay where they are, unless that is much more than what is needed now.
   */
  private long makeRoom() {
    long needed = 0;
    long kept = 0;
    for (int i = 0; i < local.length; i++) {
      for (int payload = 0; payload < payloads(); payload++) {
        if (given(i, payload) == null) {
          long bytes = bytesOf(i, payload);
          room[i][payload] = Math.max(room[i][payload], bytes);
          needed += bytes;
          kept += room[i][payload];
        }
      }
    }
    if (kept <= needed + needed / 4) {
      return kept;
    }
    for (long[] ofBuffer : room) {
      Arrays.fill(ofBuffer, 0);
    }
    return makeRoom();
  }

  /** Bytes of the i-th local buffer. */
  private long bytesOf(int i, int payload) {
    long rowBytes = operation.rowBytes(plan.buffers().get(i), payload);
    long bytes = operation.plan().rows(i) * rowBytes;
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** The places of the buffers that others touch: by the buffer's number there, then payload. */
  List<SharedRegion.Place> exported() {
    return exported;
  }

  /** Where a buffer starts; one of another rank only once that rank has begun the operation. */
  Span span(Located buffer, int payload) {
    if (buffer.entry() < 0) {
      return local[buffer.number()][payload].span();
    }
    if (released != board.released()) {
      released = board.released();
      forget();
    }
    int version = Progress.low(transport.signalValue(plan.slot(lane, buffer.begunSlot())));
    Span[] known = remote[buffer.number()];
    if (known[payload] == null || versions[buffer.number()][payload] != version) {
      int entry = buffer.entry() * payloads() + payload;
      known[payload] = board.read(buffer.buffer().rank(), lane, entry, known[payload]);
      versions[buffer.number()][payload] = version;
    }
    return known[payload];
  }

  private void forget() {
    for (Span[] ofBuffer : remote) {
      Arrays.fill(ofBuffer, null);
    }
  }

  /** Memory of a buffer of this rank, from its first byte on. */
  MemorySegment memory(Buffer buffer) {
    int number = plan.number(buffer);
    SharedRegion.Place place = local[number][0];
    MemorySegment region = place.memory().region().segment();
    return region.asSlice(place.offset(), bytesOf(number, 0));
  }

  /** Gives the memory on the way back. */
  void release() {
    pool.giveBack(scratch);
    scratch = null;
  }
}
