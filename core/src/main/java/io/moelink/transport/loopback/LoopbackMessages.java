package io.moelink.transport.loopback;

import io.moelink.kernel.Region;
import io.moelink.transport.Deadline;
import io.moelink.transport.TransportException;
import java.lang.foreign.MemorySegment;

/** Send and receive of one rank: the receiver copies out of the sender's memory. */
final class LoopbackMessages {
  private final LoopbackTransport transport;
  private final LoopbackGroup group;
  private final int rank;
  private final Inbox inbox;

  LoopbackMessages(LoopbackTransport transport, LoopbackGroup group, int rank) {
    this.transport = transport;
    this.group = group;
    this.rank = rank;
    this.inbox = group.inbox(rank);
  }

  void send(int to, Region src, long offset, long bytes, Deadline deadline) {
    if (to == rank) {
      throw new IllegalArgumentException("send: rank=%d sends to itself".formatted(rank));
    }
    Inbox theirs = group.inbox(to);
    Message message = new Message(src.segment(), offset, bytes);
    boolean offered = false;
    while (true) {
      long seen = inbox.activity();
      // a sender waits for each message, so the place is free unless a receiver is slow to leave it
      offered = offered || theirs.offer(rank, message);
      String end = message.end();
      if (end != null) {
        if (!end.isEmpty()) {
          throw new TransportException(to, end);
        }
        return;
      }
      TransportException stop = reasonToStop("send", to, deadline, bytes);
      // once the receiver has taken it, the copy runs and its end is near: wait for that
      if (stop != null && (!offered || theirs.take(rank, message))) {
        throw stop;
      }
      inbox.pause(seen, 1, deadline);
    }
  }

  void receive(int from, Region dst, long offset, long bytes, Deadline deadline) {
    if (from == rank) {
      throw new IllegalArgumentException("receive: rank=%d receives from itself".formatted(rank));
    }
    MemorySegment into = dst.segment();
    while (true) {
      long seen = inbox.activity();
      group.throwIfFailed("receive", rank);
      transport.throwIfInterruptedOrClosed("receive");
      // read before the message is looked for: what was sent before a close is still received
      TransportException stop = otherIsGoneOrLate("receive", from, deadline, bytes);
      Message message = inbox.message(from);
      if (message != null && inbox.take(from, message)) {
        accept(from, message, into, offset, bytes);
        return;
      }
      if (stop != null) {
        throw stop;
      }
      inbox.pause(seen, 1, deadline);
    }
  }

  private void accept(int from, Message message, MemorySegment into, long offset, long bytes) {
    try {
      if (message.bytes != bytes) {
        String why =
            "receive: rank=%d expects %d bytes from rank=%d, found a message of %d bytes"
                .formatted(rank, bytes, from, message.bytes);
        message.refused(why);
        throw new TransportException(from, why);
      }
      MemorySegment.copy(message.memory, message.offset, into, offset, bytes);
      message.done();
    } catch (IllegalStateException e) {
      String why =
          "receive: memory of rank=%d or rank=%d was released during the message"
              .formatted(from, rank);
      message.refused(why);
      throw new TransportException(from, why, e);
    } finally {
      message.refusedIfOpen("receive: rank=%d failed".formatted(rank));
      group.inbox(from).ring();
    }
  }

  private TransportException reasonToStop(
      String operation, int other, Deadline deadline, long bytes) {
    try {
      group.throwIfFailed(operation, rank);
      transport.throwIfInterruptedOrClosed(operation);
    } catch (TransportException e) {
      return e;
    }
    return otherIsGoneOrLate(operation, other, deadline, bytes);
  }

  private TransportException otherIsGoneOrLate(
      String operation, int other, Deadline deadline, long bytes) {
    if (group.closed(other)) {
      return new TransportException(
          other, "%s: rank=%d: rank=%d has closed".formatted(operation, rank, other));
    }
    if (deadline.passed()) {
      return new TransportException(
          other,
          "%s: rank=%d waits on rank=%d for %s: bytes=%d"
              .formatted(operation, rank, other, deadline, bytes));
    }
    return null;
  }
}
