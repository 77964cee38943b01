package io.moelink.nativestubs.fabric;

import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.WaitCalls;
import io.moelink.transport.Deadline;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits of one rank. The backend waits a slice at a time; between slices interrupts and deadlines
 * are looked at here. Reading is for any thread.
 */
final class FabricWaits {
  /** How long to sleep where the backend does not, since a third rank has left. */
  private static final long PAUSE_NANOS = 200_000;

  /** Limit of the first try, which spins all the same: what is there at once asks no clock. */
  private static final long FIRST_NANOS = 1;

  private static final ThreadLocal<MemorySegment> VALUE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(ValueLayout.JAVA_LONG));

  private final Context context;
  private final WaitCalls calls;

  FabricWaits(Context context) {
    this.context = context;
    this.calls = context.fabric().waits();
  }

  long signalValue(int signal) {
    MemorySegment value = VALUE.get();
    int code = calls.signalRead(context.token(), signal, value);
    if (code != Codes.OK) {
      throw context.failure("signalValue", "", code);
    }
    return value.get(ValueLayout.JAVA_LONG, 0);
  }

  long activity() {
    MemorySegment value = VALUE.get();
    int code = calls.activity(context.token(), value);
    if (code != Codes.OK) {
      throw context.failure("activity", "", code);
    }
    return value.get(ValueLayout.JAVA_LONG, 0);
  }

  void awaitSignal(int signal, long atLeast, Deadline deadline, int fromRank) {
    long limit = FIRST_NANOS;
    while (true) {
      int code = calls.signalWait(context.token(), signal, atLeast, fromRank, limit);
      if (code == Codes.OK) {
        return;
      }
      if (code == Codes.PEER_CLOSED) {
        throw signalFailure(signal, atLeast, fromRank, "which has closed");
      }
      if (code != Codes.TIMEOUT_SLICE && code != Codes.TIMEOUT) {
        throw context.failure("awaitSignal", "", code);
      }
      throwIfInterrupted("awaitSignal");
      if (deadline.passed()) {
        throw signalFailure(signal, atLeast, fromRank, "for " + deadline);
      }
      limit = deadline.nanosLeft();
    }
  }

  private TransportException signalFailure(int signal, long atLeast, int fromRank, String how) {
    String whom = fromRank == -1 ? "any rank" : "rank=" + fromRank;
    return new TransportException(
        fromRank,
        "awaitSignal: rank=%d waits on %s %s: signal=%d found=%d expected>=%d"
            .formatted(context.rank(), whom, how, signal, signalValue(signal), atLeast));
  }

  void awaitActivity(long seen, int arrivals, Deadline deadline) {
    while (true) {
      int code = calls.activityWait(context.token(), seen, arrivals, deadline.nanosLeft());
      if (code == Codes.OK) {
        return;
      }
      if (code != Codes.TIMEOUT_SLICE && code != Codes.TIMEOUT) {
        throw context.failure("awaitActivity", "", code);
      }
      throwIfInterrupted("awaitActivity");
      // after a slice the caller looks at what has come, even if it is less
      if (deadline.passed() || activity() != seen) {
        return;
      }
    }
  }

  /**
   * Waits for an arrival for a slice at most, on behalf of an operation with {@code other}: that a
   * third rank has left is no reason to fail.
   */
  void pause(String operation, int other, long seen, Deadline deadline) {
    int code = calls.activityWait(context.token(), seen, 1, deadline.nanosLeft());
    if (code == Codes.OK || code == Codes.TIMEOUT_SLICE || code == Codes.TIMEOUT) {
      return;
    }
    if (code == Codes.PEER_CLOSED && context.failedRank() != other) {
      LockSupport.parkNanos(Math.min(PAUSE_NANOS, deadline.nanosLeft()));
      return;
    }
    if (code == Codes.PEER_CLOSED) {
      // the next try of the operation says so, unless what it waits for came before
      return;
    }
    throw context.failure(operation, "", code);
  }

  void throwIfInterrupted(String operation) {
    if (Thread.currentThread().isInterrupted()) {
      throw new TransportException(
          -1, "%s: rank=%d was interrupted".formatted(operation, context.rank()));
    }
  }
}
