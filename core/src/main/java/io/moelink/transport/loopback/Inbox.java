package io.moelink.transport.loopback;

import io.moelink.transport.Deadline;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * What arrives at one rank: signal slots, one message at a time from each rank, and the counter
 * that grows with each arrival. Any thread may deliver; one thread at a time waits.
 *
 * <p>No wake-up is lost: who delivers stores, then counts, then looks for a waiter; who waits
 * announces itself, then looks at the counter, then parks. From the count on all are volatile
 * accesses; the store is a release, which the count after it shows to all who see the count.
 */
final class Inbox {
  /**
   * Longest park at one go, so that a deadline or a lost thread is never far from being noticed.
   */
  private static final long PARK_NANOS_MAX = 50_000_000;

  /** More than any wait is for. */
  private static final long ALARM = 1L << Integer.SIZE;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final AtomicLongFieldUpdater<Inbox> ACTIVITY =
      AtomicLongFieldUpdater.newUpdater(Inbox.class, "activity");

  private final long[] signals;
  private final AtomicReferenceArray<Message> messages;
  private final int spins;
  private final boolean yields;

  /** The counter; beside what else who delivers reads. */
  private volatile long activity;

  /** What the counter must reach before the waiter is woken; written before the waiter. */
  private long wakeAt;

  private volatile Thread waiter;
  private volatile boolean closed;

  /**
   * The inbox of one rank.
   *
   * @param spins looks before a wait sleeps
   * @param yields whether other threads get the core between looks
   */
  Inbox(int size, int signalCount, int spins, boolean yields) {
    this.signals = new long[signalCount];
    this.messages = new AtomicReferenceArray<>(size);
    this.spins = spins;
    this.yields = yields;
  }

  int signalCount() {
    return signals.length;
  }

  void putSignal(int signal, long value) {
    SLOT.setRelease(signals, signal, value);
    ring();
  }

  void addSignal(int signal, long delta) {
    SLOT.getAndAdd(signals, signal, delta);
    ring();
  }

  long signal(int signal) {
    return (long) SLOT.getVolatile(signals, signal);
  }

  boolean offer(int from, Message message) {
    if (!messages.compareAndSet(from, null, message)) {
      return false;
    }
    ring();
    return true;
  }

  Message message(int from) {
    return messages.get(from);
  }

  /** Takes this very message out, whether the receiver or the sender asks: only one gets true. */
  boolean take(int from, Message message) {
    return messages.compareAndSet(from, message, null);
  }

  long activity() {
    return activity;
  }

  /** Counts an arrival. */
  void ring() {
    count(1);
  }

  /** Counts so much that nobody sleeps on, whatever it waits for. */
  void alarm() {
    count(ALARM);
  }

  private void count(long arrivals) {
    long now = ACTIVITY.addAndGet(this, arrivals);
    Thread waiting = waiter;
    if (waiting != null && now >= wakeAt) {
      LockSupport.unpark(waiting);
    }
  }

  /**
   * Returns once the counter has grown by {@code arrivals} since {@code seen}, or for no reason
   * after some time at most as long as the deadline; at once when the thread is interrupted.
   */
  void pause(long seen, int arrivals, Deadline deadline) {
    long enough = seen + arrivals;
    for (int i = 0; i < spins; i++) {
      if (activity >= enough) {
        return;
      }
      if (yields) {
        Thread.yield();
      } else {
        Thread.onSpinWait();
      }
    }
    wakeAt = enough;
    waiter = Thread.currentThread();
    try {
      if (activity < enough) {
        LockSupport.parkNanos(this, Math.min(PARK_NANOS_MAX, deadline.nanosLeft()));
      }
    } finally {
      waiter = null;
    }
  }

  void markClosed() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }
}
