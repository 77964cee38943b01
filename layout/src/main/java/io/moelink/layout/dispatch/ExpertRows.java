package io.moelink.layout.dispatch;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;

/**
 * Where every row lies in one rank's output buffer. It follows from counts alone, so any rank can
 * work out another's: row of a slot = first row of (source, expert) + the slot's index in the
 * source's slice of that expert. Good as long as the counts that it was made of.
 */
public final class ExpertRows {
  private final OutputShape shape;
  private final ExpertCounts counts;
  private final int firstExpert;
  private final int expertCount;
  private final int[] blockStart;

  private ExpertRows(GatheredRouting routing, ExpertCounts counts, OutputShape shape, int rank) {
    this.shape = shape;
    this.counts = counts;
    firstExpert = routing.placement().firstExpert(rank);
    expertCount = routing.placement().expertCount(rank);
    int ranks = routing.topology().rankCount();
    blockStart = new int[(shape.rowPerSlot() ? expertCount : ranks) + 1];
  }

  /** The output buffer of {@code rank}. */
  public static ExpertRows of(GatheredRouting routing, OutputShape shape, int rank) {
    return of(routing, new ExpertCounts(routing), shape, rank, null);
  }

  /**
   * The same with counts that serve the buffers of other ranks too, and in the memory of another
   * one of the same counts, rank and shape that nobody will read again.
   *
   * @param counts those of the routing
   * @param used that one, which is then the result; or null
   */
  public static ExpertRows of(
      GatheredRouting routing, ExpertCounts counts, OutputShape shape, int rank, ExpertRows used) {
    ExpertRows rows = used == null ? new ExpertRows(routing, counts, shape, rank) : used;
    if (shape.rowPerSlot()) {
      rows.startBlocks(routing, rank);
    } else {
      // nothing here asks for them, and the routing may be gone when somebody does
      counts.countReceived(rows.firstExpert, rows.expertCount);
      Scope here = Scope.rank(rank);
      for (int source = 0; source < routing.topology().rankCount(); source++) {
        rows.blockStart[source + 1] = rows.blockStart[source] + routing.neededCount(source, here);
      }
    }
    return rows;
  }

  private void startBlocks(GatheredRouting routing, int rank) {
    for (int local = 0; local < expertCount; local++) {
      int rows = received(local);
      if (shape.order() == OutputOrder.SLOTTED) {
        if (rows > shape.capacity()) {
          throw new InvalidInputException(
              "rank "
                  + rank
                  + ", expert "
                  + (firstExpert + local)
                  + ": "
                  + rows
                  + " rows, expected at most the capacity of "
                  + shape.capacity());
        }
        rows = shape.capacity();
      } else if (shape.order() == OutputOrder.PAIRED) {
        rows = Math.max(rows, rowsOfPartner(routing, rank, local));
      }
      blockStart[local + 1] = Math.addExact(blockStart[local], aligned(rows));
    }
  }

  private int aligned(int rows) {
    int alignment = shape.alignment();
    return alignment == 1 ? rows : Math.multiplyExact(Math.ceilDiv(rows, alignment), alignment);
  }

  /**
   * Rows of the expert that shares an allocation with a local one: on a topology of dies the expert
   * of the same local index on the other die of the card, else the neighbour (2j with 2j + 1).
   */
  private int rowsOfPartner(GatheredRouting routing, int rank, int local) {
    ExpertPlacement placement = routing.placement();
    int die = otherDie(routing.topology(), rank);
    if (die < 0) {
      int neighbour = local ^ 1;
      return neighbour < expertCount ? received(neighbour) : 0;
    }
    if (local >= placement.expertCount(die)) {
      return 0;
    }
    return counts.received(placement.firstExpert(die) + local);
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
    return counts.received(firstExpert + localExpert);
  }

  /**
   * First row of the slots of {@code source} that chose {@code expert} (a global number, of this
   * rank).
   */
  public int firstRow(int source, int expert) {
    return blockStart[expert - firstExpert] + counts.before(source, expert);
  }

  /**
   * Writes the rows of all slots of a source that chose an expert of this rank, by expert and then
   * by slot.
   *
   * @param routing what the source published
   * @param into from index {@code at} on
   */
  public void rows(int source, SourceRouting routing, int[] into, int at) {
    int place = at;
    int offset = routing.offset(firstExpert);
    for (int expert = firstExpert; expert < firstExpert + expertCount; expert++) {
      int stop = routing.offset(expert + 1);
      int row = firstRow(source, expert);
      for (; offset < stop; offset++) {
        into[place++] = row++;
      }
    }
  }

  /** RANK_MAJOR: first row of a source's tokens. */
  public int firstRowOfSource(int source) {
    return blockStart[source];
  }
}
