package io.moelink.execute;

import io.moelink.kernel.Region;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;
import io.moelink.memory.GroupMemory;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.util.ArrayList;
import java.util.List;

/**
 * The all-gather of routing: every rank publishes its index in shared memory and tells all others;
 * they read the slices that concern them, in place. What a rank reads grows with its own experts
 * and not with the number of ranks.
 */
final class IndexBoard {
  private final Transport transport;
  private final Topology topology;
  private final ExpertPlacement placement;
  private final int topK;
  private final IndexLayout layout;
  private final int firstSlot;
  private final SharedRegion own;
  private final Region[] boards;
  private long published;

  /** Allocates the board of this rank; it is of use after {@link #connect}. */
  IndexBoard(
      Transport transport,
      GroupMemory memory,
      Topology topology,
      ExpertPlacement placement,
      int topK,
      int tokensMax,
      int firstSlot) {
    this.transport = transport;
    this.topology = topology;
    this.placement = placement;
    this.topK = topK;
    this.firstSlot = firstSlot;
    layout = new IndexLayout(topology, placement, topK, tokensMax);
    own = memory.allocate(Lanes.INDEXES * layout.byteSize(), "routing index");
    boards = new Region[transport.size()];
  }

  /** Signal slots that a board of {@code ranks} ranks needs. */
  static int slotCount(int ranks) {
    return Lanes.INDEXES * ranks;
  }

  byte[] key() {
    return own.key();
  }

  void close() {
    own.release();
  }

  void connect(int rank, byte[] key) {
    boards[rank] = rank == transport.rank() ? own.region() : transport.attach(rank, key);
  }

  /** Publishes this rank's index; returns its number, the same on all ranks. */
  long publish(RoutingIndex index) {
    long number = ++published;
    PublishedRouting.publish(
        index, own.region().segment().asSlice(place(number), layout.byteSize()), layout);
    for (int rank = 0; rank < transport.size(); rank++) {
      transport.signal(rank, slot(number, transport.rank()), number);
    }
    return number;
  }

  /** Whether all ranks have published their index of that number. */
  boolean complete(long number) {
    for (int rank = 0; rank < transport.size(); rank++) {
      if (transport.signalValue(slot(number, rank)) < number) {
        return false;
      }
    }
    return true;
  }

  /** Waits for all ranks' indexes; they may be read until the next but one is complete. */
  GatheredRouting gather(long number, Deadline deadline) {
    List<SourceRouting> sources = new ArrayList<>();
    for (int rank = 0; rank < transport.size(); rank++) {
      awaitIndex(number, rank, deadline);
      sources.add(
          new PublishedRouting(
              boards[rank].segment().asSlice(place(number), layout.byteSize()), layout));
    }
    return new GatheredRouting(topology, placement, topK, sources);
  }

  private void awaitIndex(long number, int rank, Deadline deadline) {
    try {
      transport.awaitSignal(slot(number, rank), number, deadline, rank);
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
    }
  }

  private int arrived(long number) {
    int count = 0;
    for (int rank = 0; rank < transport.size(); rank++) {
      count += transport.signalValue(slot(number, rank)) >= number ? 1 : 0;
    }
    return count;
  }

  private long place(long number) {
    return number % Lanes.INDEXES * layout.byteSize();
  }

  private int slot(long number, int rank) {
    return firstSlot + (int) (number % Lanes.INDEXES) * transport.size() + rank;
  }
}
