package io.moelink.layout.dispatch;

import java.util.Arrays;

/**
 * How many slots of each source chose each expert, summed from source to source: what the places of
 * rows follow from. Experts are counted when that is first asked for, {@value #BLOCK} at a time:
 * that costs little more than to ask each source for one, so an owner of few experts, and a source
 * that asks for those of all ranks, are both served. Sources are read then and not later.
 */
public final class ExpertCounts {
  private static final int BLOCK = 32;
  private static final int WIDTH = BLOCK + 1;

  /**
   * By block of experts, and then by source: the sums of the offsets of all earlier sources, of
   * {@code WIDTH} experts; the last row has those of all sources.
   */
  private final int[][] sums;

  private final boolean[] counted;
  private int[] offsets = {};
  private int[] sum = {};
  private GatheredRouting routing;

  /** Counts of one routing. */
  public ExpertCounts(GatheredRouting routing) {
    this.routing = routing;
    int blocks = Math.ceilDiv(routing.placement().experts(), BLOCK);
    sums = new int[blocks][];
    counted = new boolean[blocks];
  }

  /** Begins again with another routing of the same topology and placement. */
  public void recount(GatheredRouting next) {
    routing = next;
    Arrays.fill(counted, false);
  }

  /** Counts {@code count} experts from {@code first} on, unless they are counted already. */
  public void count(int first, int count) {
    int end = Math.ceilDiv(first + count, BLOCK);
    for (int block = first / BLOCK; block < end; block++) {
      int from = block;
      while (block < end && !counted[block]) {
        block++;
      }
      if (block > from) {
        countBlocks(from, block);
      }
    }
  }

  /** Slots of the sources below {@code source}, which may be R, that chose a counted expert. */
  int before(int source, int expert) {
    int block = expert / BLOCK;
    int at = source * WIDTH + expert - block * BLOCK;
    return sums[block][at + 1] - sums[block][at];
  }

  /** Slots of all sources that chose a counted expert. */
  int received(int expert) {
    return before(routing.topology().rankCount(), expert);
  }

  private void countBlocks(int from, int end) {
    int sources = routing.topology().rankCount();
    int first = from * BLOCK;
    int count = Math.min((end - from) * BLOCK, routing.placement().experts() - first) + 1;
    if (offsets.length < count) {
      offsets = new int[count];
      sum = new int[count];
    }
    for (int block = from; block < end; block++) {
      if (sums[block] == null) {
        sums[block] = new int[(sources + 1) * WIDTH];
      }
      counted[block] = true;
    }
    Arrays.fill(sum, 0, count, 0);
    for (int source = 0; source < sources; source++) {
      routing.source(source).offsets(first, count, offsets);
      for (int i = 0; i < count; i++) {
        sum[i] += offsets[i];
      }
      for (int block = from; block < end; block++) {
        int at = (block - from) * BLOCK;
        int width = Math.min(WIDTH, count - at);
        System.arraycopy(sum, at, sums[block], (source + 1) * WIDTH, width);
      }
    }
  }
}
