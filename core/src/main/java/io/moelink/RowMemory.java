package io.moelink;

import io.moelink.execute.RegionPool;
import io.moelink.memory.GroupMemory;
import io.moelink.memory.SharedRegion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Where the token buffers of a group come from and go back to. */
final class RowMemory {
  private final ExpertGroup group;
  private final GroupMemory memory;
  private final RegionPool pool;
  private final int[] widths;
  private final Set<TokenBuffer> open = Collections.newSetFromMap(new IdentityHashMap<>());

  RowMemory(ExpertGroup group, GroupMemory memory) {
    this.group = group;
    this.memory = memory;
    pool = new RegionPool(memory, "expert rows");
    widths = group.config().payloadBytes();
  }

  /** Regions for rows of experts and what goes with them. */
  RegionPool pool() {
    return pool;
  }

  /** A region of its own for rows of a payload. */
  TokenBuffer allocate(int payload, int rows) {
    int width = widths[payload];
    SharedRegion region = memory.allocate((long) rows * width, "token rows");
    return own(new TokenBuffer(group, region, rows, width, region::release));
  }

  /** Buffers for all payloads of a dispatch, from the pool. */
  List<TokenBuffer> forDispatch(Handle handle) {
    List<TokenBuffer> made = new ArrayList<>();
    for (int payload = 0; payload < widths.length; payload++) {
      made.add(forHandle(handle, payload));
    }
    return made;
  }

  /** A buffer for the rows of a handle, from the pool; it lives as long as the handle at most. */
  TokenBuffer forHandle(Handle handle, int payload) {
    int width = widths[payload];
    SharedRegion region = pool.acquire((long) handle.rowCount() * width);
    TokenBuffer buffer =
        own(new TokenBuffer(group, region, handle.rowCount(), width, () -> pool.giveBack(region)));
    handle.own(buffer);
    return buffer;
  }

  private TokenBuffer own(TokenBuffer buffer) {
    open.add(buffer);
    return buffer;
  }

  /** Forgets a buffer that has ended; false when the group has, and its memory with it. */
  boolean forget(TokenBuffer buffer) {
    return open.remove(buffer) && !group.isClosed();
  }

  /** Ends the buffers that are still open, and releases what nobody uses. */
  void close() {
    List.copyOf(open).forEach(TokenBuffer::close);
    pool.close();
  }
}
