package io.moelink.layout.dispatch;

import java.util.Arrays;

/**
 * How many slots of each source chose each expert, summed from source to source: what the places of
 * rows follow from. Experts are counted when that is first asked for, so an owner of few experts,
 * and a source that asks for those of all ranks, are both served. Sources are read then and not
 * later.
 */
public final class ExpertCounts {
  /** Experts whose sums lie in one array. */
  private static final int BLOCK = 32;

  private static final int WIDTH = BLOCK + 1;

  /** Below so many experts, asking for one after the other is faster than copying. */
  private static final int FEW = 8;

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
    int experts = routing.placement().experts();
    sums = new int[Math.ceilDiv(experts, BLOCK)][];
    counted = new boolean[experts];
  }

  /** Begins again with another routing of the same topology and placement. */
  public void recount(GatheredRouting next) {
    routing = next;
    Arrays.fill(counted, false);
  }

  /** Counts {@code count} experts from {@code first} on, unless they are counted already. */
  public void count(int first, int count) {
    int end = first + count;
    for (int expert = first; expert < end; expert++) {
      int from = expert;
      while (expert < end && !counted[expert]) {
        counted[expert++] = true;
      }
      if (expert > from) {
        sum(from, expert);
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

  private void sum(int from, int end) {
    int sources = routing.topology().rankCount();
    int count = end - from + 1;
    if (offsets.length < count) {
      offsets = new int[count];
      sum = new int[count];
    }
    Arrays.fill(sum, 0, count, 0);
    reserve(from, end, sources);
    for (int source = 0; source < sources; source++) {
      read(routing.source(source), from, count);
      for (int i = 0; i < count; i++) {
        sum[i] += offsets[i];
      }
      for (int expert = from; expert < end; ) {
        int block = expert / BLOCK;
        int last = Math.min(end, (block + 1) * BLOCK);
        int at = (source + 1) * WIDTH + expert - block * BLOCK;
        System.arraycopy(sum, expert - from, sums[block], at, last - expert + 1);
        expert = last;
      }
    }
  }

  private void reserve(int from, int end, int sources) {
    for (int block = from / BLOCK; block * BLOCK < end; block++) {
      if (sums[block] == null) {
        sums[block] = new int[(sources + 1) * WIDTH];
      }
    }
  }

  private void read(SourceRouting source, int from, int count) {
    if (count > FEW) {
      source.offsets(from, count, offsets);
      return;
    }
    for (int i = 0; i < count; i++) {
      offsets[i] = source.offset(from + i);
    }
  }
}
