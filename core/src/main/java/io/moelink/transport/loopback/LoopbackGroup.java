package io.moelink.transport.loopback;

import io.moelink.transport.TransportException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** What the ranks of one loopback group share. For any thread. */
final class LoopbackGroup {
  /** Why the group has failed. */
  private record Failure(int rank, String why) {}

  /** Groups with a rank inside; the last one to leave takes the entry with it. */
  private static final Map<UUID, LoopbackGroup> GROUPS = new ConcurrentHashMap<>();

  private final UUID id;
  private final Inbox[] inboxes;
  private final Map<Long, SharedMemory> memories = new ConcurrentHashMap<>();
  private final AtomicLong nextMemoryId = new AtomicLong(1);
  private final AtomicReference<Failure> failure = new AtomicReference<>();
  private int inside;

  private LoopbackGroup(UUID id, int size, int signalCount) {
    this.id = id;
    this.inboxes = new Inbox[size];
    // with a core for each rank a short spin beats a wake-up; without, it would only delay the
    // signaller, but to stand behind it in the queue for a core beats a wake-up, too, as long as
    // that queue is short
    int cores = Runtime.getRuntime().availableProcessors();
    boolean crowded = size > cores;
    int spins = crowded ? Math.max(1, 100 * cores / size) : 2000;
    for (int rank = 0; rank < size; rank++) {
      inboxes[rank] = new Inbox(size, signalCount, spins, crowded);
    }
  }

  static LoopbackGroup join(UUID id, int rank, int size, int signalCount) {
    return GROUPS.compute(
        id,
        (key, present) -> {
          LoopbackGroup group =
              present == null ? new LoopbackGroup(id, size, signalCount) : present;
          group.inside++;
          return group;
        });
  }

  /** Takes a rank out; its memory must be freed before. */
  void leave(int rank) {
    inboxes[rank].markClosed();
    alarmAll();
    GROUPS.computeIfPresent(id, (key, group) -> --group.inside == 0 ? null : group);
  }

  /** Groups that some rank is in, for tests that look for leaks. */
  static int groupCount() {
    return GROUPS.size();
  }

  int size() {
    return inboxes.length;
  }

  Inbox inbox(int rank) {
    return inboxes[rank];
  }

  boolean closed(int rank) {
    return inboxes[rank].isClosed();
  }

  /** A rank other than {@code self} that has closed, or -1. */
  int closedPeer(int self) {
    for (int rank = 0; rank < inboxes.length; rank++) {
      if (rank != self && inboxes[rank].isClosed()) {
        return rank;
      }
    }
    return -1;
  }

  long nextMemoryId() {
    return nextMemoryId.getAndIncrement();
  }

  void publish(SharedMemory memory) {
    memories.put(memory.id(), memory);
  }

  void withdraw(SharedMemory memory) {
    memories.remove(memory.id());
  }

  SharedMemory published(long memoryId) {
    return memories.get(memoryId);
  }

  void fail(int rank, String why) {
    if (failure.compareAndSet(null, new Failure(rank, why))) {
      alarmAll();
    }
  }

  void throwIfFailed(String operation, int self) {
    Failure found = failure.get();
    if (found != null) {
      throw new TransportException(
          found.rank,
          "%s: rank=%d: the group was aborted because of rank=%d: %s"
              .formatted(operation, self, found.rank, found.why));
    }
  }

  private void alarmAll() {
    for (Inbox inbox : inboxes) {
      inbox.alarm();
    }
  }
}
