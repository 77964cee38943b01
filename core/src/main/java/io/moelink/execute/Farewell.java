package io.moelink.execute;

import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;

/**
 * How ranks leave. A rank that closes its group tells all others, and waits until all have told it;
 * then it may close its transport: what others still wait for is on its way to them already. It
 * goes over the transport, so that a failure of the group ends the wait at once; and whoever waits
 * for a rank that has left instead of making the same call learns it at once too.
 */
final class Farewell {
  private final Transport transport;
  private final int firstSlot;

  Farewell(Transport transport, int firstSlot) {
    this.transport = transport;
    this.firstSlot = firstSlot;
  }

  /** Signal slots that it needs. */
  static int slotCount(int ranks) {
    return ranks;
  }

  /** Whether a rank has called {@link #leave}; whatever else it has signalled came before. */
  boolean left(int rank) {
    return transport.signalValue(firstSlot + rank) > 0;
  }

  /**
   * As {@link Transport#awaitSignal}; fails soon when the rank has left without signalling.
   *
   * @param arrivals what the caller waits for in all, so that it is not woken for less
   */
  void awaitSignal(int slot, long value, int arrivals, Deadline deadline, int rank) {
    while (true) {
      long seen = transport.activity();
      boolean left = left(rank);
      boolean here = transport.signalValue(slot) >= value;
      if (left && !here) {
        throw new TransportException(
            rank,
            "rank %d: rank %d has closed its group instead".formatted(transport.rank(), rank));
      }
      if (here || deadline.passed()) {
        transport.awaitSignal(slot, value, deadline, rank);
        return;
      }
      transport.awaitActivity(seen, arrivals, deadline);
    }
  }

  /** Tells all ranks, and waits until all have told this one. */
  void leave(Deadline deadline) {
    int self = transport.rank();
    for (int rank = 0; rank < transport.size(); rank++) {
      if (rank != self) {
        transport.signal(rank, firstSlot + self, 1);
      }
    }
    for (int rank = 0; rank < transport.size(); rank++) {
      if (rank != self) {
        await(rank, deadline);
      }
    }
  }

  private void await(int rank, Deadline deadline) {
    try {
      transport.awaitSignal(firstSlot + rank, 1, deadline, rank);
    } catch (TransportException e) {
      if (!deadline.passed() || e.rank() != rank) {
        throw e;
      }
      throw new TransportException(
          rank,
          "rank %d, close: waited %s for rank %d to come to it"
              .formatted(transport.rank(), deadline, rank),
          e);
    }
  }
}
