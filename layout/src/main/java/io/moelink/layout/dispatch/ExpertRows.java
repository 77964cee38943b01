package io.moelink.layout.dispatch;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;

/**
 * Where every row lies in one rank's output buffer. It follows from counts alone, so any rank can
 * work out another's: row of a slot = first row of (source, expert) + the slot's index in the
 * source's slice of that expert.
 */
public final class ExpertRows {
  private final OutputShape shape;
  private final int firstExpert;
  private final int expertCount;
  private final int[] blockStart;
  private final int[] received;
  private final int[] firstRow;

  private ExpertRows(GatheredRouting routing, OutputShape shape, int rank) {
    this.shape = shape;
    firstExpert = routing.placement().firstExpert(rank);
    expertCount = routing.placement().expertCount(rank);
    int ranks = routing.topology().rankCount();
    received = new int[expertCount];
    blockStart = new int[(shape.rowPerSlot() ? expertCount : ranks) + 1];
    firstRow = shape.rowPerSlot() ? new int[ranks * expertCount] : null;
  }

  /** The output buffer of {@code rank}. */
  public static ExpertRows of(GatheredRouting routing, OutputShape shape, int rank) {
    return of(routing, shape, rank, null);
  }

  /**
   * The same in the memory of another one of the same rank, shape, placement and topology that
   * nobody will read again.
   *
   * @param used that one, which is then the result; or null
   */
  public static ExpertRows of(
      GatheredRouting routing, OutputShape shape, int rank, ExpertRows used) {
    ExpertRows rows = used == null ? new ExpertRows(routing, shape, rank) : used;
    java.util.Arrays.fill(rows.received, 0);
    countReceived(routing, rows.firstExpert, rows.received, rows.firstRow);
    if (shape.rowPerSlot()) {
      startBlocks(routing, shape, rank, rows.received, rows.blockStart);
      for (int i = 0; i < rows.firstRow.length; i++) {
        rows.firstRow[i] += rows.blockStart[i % rows.expertCount];
      }
    } else {
      Scope here = Scope.rank(rank);
      for (int source = 0; source < routing.topology().rankCount(); source++) {
        rows.blockStart[source + 1] = rows.blockStart[source] + routing.neededCount(source, here);
      }
    }
    return rows;
  }

  private static void countReceived(
      GatheredRouting routing, int firstExpert, int[] received, int[] before) {
    for (int source = 0; source < routing.topology().rankCount(); source++) {
      SourceRouting slots = routing.source(source);
      int offset = slots.offset(firstExpert);
      for (int local = 0; local < received.length; local++) {
        int next = slots.offset(firstExpert + local + 1);
        if (before != null) {
          before[source * received.length + local] = received[local];
        }
        received[local] += next - offset;
        offset = next;
      }
    }
  }

  private static void startBlocks(
      GatheredRouting routing, OutputShape shape, int rank, int[] received, int[] starts) {
    for (int local = 0; local < received.length; local++) {
      int rows = received[local];
      if (shape.order() == OutputOrder.SLOTTED) {
        if (rows > shape.capacity()) {
          throw new InvalidInputException(
              "rank "
                  + rank
                  + ", expert "
                  + (routing.placement().firstExpert(rank) + local)
                  + ": "
                  + rows
                  + " rows, expected at most the capacity of "
                  + shape.capacity());
        }
        rows = shape.capacity();
      } else if (shape.order() == OutputOrder.PAIRED) {
        rows = Math.max(rows, rowsOfPartner(routing, rank, local, received));
      }
      starts[local + 1] =
          Math.addExact(
              starts[local],
              Math.multiplyExact(Math.ceilDiv(rows, shape.alignment()), shape.alignment()));
    }
  }

  /**
   * Rows of the expert that shares an allocation with a local one: on a topology of dies the expert
   * of the same local index on the other die of the card, else the neighbour (2j with 2j + 1).
   */
  private static int rowsOfPartner(GatheredRouting routing, int rank, int local, int[] received) {
    ExpertPlacement placement = routing.placement();
    int die = otherDie(routing.topology(), rank);
    if (die < 0) {
      int neighbour = local ^ 1;
      return neighbour < received.length ? received[neighbour] : 0;
    }
    int rows = 0;
    if (local < placement.expertCount(die)) {
      for (int source = 0; source < routing.topology().rankCount(); source++) {
        rows += routing.slotCount(source, placement.firstExpert(die) + local);
      }
    }
    return rows;
  }

  /** The rank that is the other die of a rank's card, in its VNode or not; -1 for a whole card. */
  private static int otherDie(Topology topology, int rank) {
    for (int other = 0; other < topology.rankCount(); other++) {
      if (other != rank && topology.cardOf(other) == topology.cardOf(rank)) {
        return other;
      }
    }
    return -1;
  }

  public OutputShape shape() {
    return shape;
  }

  /** Rows of the buffer, padding included. */
  public int rowCount() {
    return blockStart[blockStart.length - 1];
  }

  /** Local experts of this rank. */
  public int expertCount() {
    return expertCount;
  }

  /** The first global expert of this rank. */
  public int firstExpert() {
    return firstExpert;
  }

  /** First row of a local expert's block; not for RANK_MAJOR. */
  public int blockStart(int localExpert) {
    return blockStart[localExpert];
  }

  /** Rows that hold tokens in a local expert's block; for RANK_MAJOR: slots of that expert. */
  public int received(int localExpert) {
    return received[localExpert];
  }

  /**
   * First row of the slots of {@code source} that chose {@code expert} (a global number, of this
   * rank).
   */
  public int firstRow(int source, int expert) {
    return firstRow[source * expertCount + expert - firstExpert];
  }

  /** RANK_MAJOR: first row of a source's tokens. */
  public int firstRowOfSource(int source) {
    return blockStart[source];
  }
}
