package io.moelink.nativestubs.fabric;

import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.MessageCalls;
import io.moelink.transport.Deadline;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;

/** Send and receive of one rank. One thread at a time. */
final class FabricMessages {
  private static final long COPY_PAUSE_NANOS = 50_000;

  private final Context context;
  private final FabricWaits waits;
  private final MessageCalls calls;
  private final MemorySegment sequence = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

  FabricMessages(Context context, FabricWaits waits) {
    this.context = context;
    this.waits = waits;
    this.calls = context.fabric().messages();
  }

  void send(int to, FabricRegion src, long offset, long bytes, Deadline deadline) {
    while (true) {
      long seen = waits.activity();
      int code = calls.send(context.token(), to, src.handle(), offset, bytes, 0, sequence);
      if (code == Codes.OK) {
        awaitTaken(to, sequence.get(ValueLayout.JAVA_LONG, 0), bytes, deadline);
        return;
      }
      if (code != Codes.AGAIN) {
        throw failure("send", to, code);
      }
      TransportException stop = reasonToStop("send", to, bytes, deadline);
      if (stop != null) {
        throw stop;
      }
      waits.pause("send", to, seen, deadline);
    }
  }

  private void awaitTaken(int to, long posted, long bytes, Deadline deadline) {
    while (true) {
      long seen = waits.activity();
      int code = calls.sendTest(context.token(), to, posted);
      if (code == Codes.OK) {
        return;
      }
      if (code == Codes.LENGTH) {
        throw new TransportException(to, textOf("send", to));
      }
      RuntimeException stop =
          code == Codes.AGAIN
              ? reasonToStop("send", to, bytes, deadline)
              : failure("send", to, code);
      if (stop == null) {
        waits.pause("send", to, seen, deadline);
      } else if (withdrawn(to, posted)) {
        throw stop;
      } else {
        // the receiver is copying out of the source: its end is near
        LockSupport.parkNanos(COPY_PAUSE_NANOS);
      }
    }
  }

  /** Takes a message back; false when the receiver has it, so that its end is near. */
  private boolean withdrawn(int to, long posted) {
    int code = calls.sendCancel(context.token(), to, posted);
    return code != Codes.AGAIN && code != Codes.STATE;
  }

  void receive(int from, FabricRegion dst, long offset, long bytes, Deadline deadline) {
    while (true) {
      long seen = waits.activity();
      int code = calls.recv(context.token(), from, dst.handle(), offset, bytes, MemorySegment.NULL);
      if (code == Codes.OK) {
        return;
      }
      if (code == Codes.LENGTH || code == Codes.STALE_KEY) {
        throw new TransportException(from, textOf("receive", from));
      }
      if (code != Codes.AGAIN) {
        throw failure("receive", from, code);
      }
      TransportException stop = reasonToStop("receive", from, bytes, deadline);
      if (stop != null) {
        throw stop;
      }
      waits.pause("receive", from, seen, deadline);
    }
  }

  private String textOf(String operation, int other) {
    return "%s: rank=%d and rank=%d: %s"
        .formatted(
            operation, context.rank(), other, Context.textAfterCall(context.fabric().lastError()));
  }

  private RuntimeException failure(String operation, int other, int code) {
    if (code == Codes.PEER_CLOSED) {
      return new TransportException(
          other, "%s: rank=%d: rank=%d has closed".formatted(operation, context.rank(), other));
    }
    return context.failure(operation, "", code);
  }

  private TransportException reasonToStop(
      String operation, int other, long bytes, Deadline deadline) {
    if (Thread.currentThread().isInterrupted()) {
      return new TransportException(
          -1, "%s: rank=%d was interrupted".formatted(operation, context.rank()));
    }
    if (deadline.passed()) {
      return new TransportException(
          other,
          "%s: rank=%d waits on rank=%d for %s: bytes=%d"
              .formatted(operation, context.rank(), other, deadline, bytes));
    }
    return null;
  }
}
