package io.moelink.layout.dispatch;

import java.util.Arrays;

/**
 * How many slots of each source chose each expert, summed from source to source: what the places of
 * rows follow from. The experts of one rank are counted for all sources when they are first asked
 * for, so their owner reads nothing about others; a source that asks for experts of all ranks has
 * its own places counted in one go ({@link #countFor}), without those of the other sources. What
 * was published is read then and not later.
 */
public final class ExpertCounts {
  /** By expert: the slots of the sources below each source; the last element is of all. */
  private final int[][] sums;

  private final boolean[] counted;
  private GatheredRouting routing;

  /** The source whose places were counted in one go, of experts from first to end - 1. */
  private int only;

  private int first;
  private int end;

  /** Sums of offsets, from that of the first of these experts on: of the sources below that one. */
  private int[] below = {};

  /** And of all sources. */
  private int[] all = {};

  private int[] offsets = {};

  /** Counts of one routing. */
  public ExpertCounts(GatheredRouting routing) {
    this.routing = routing;
    int experts = routing.placement().experts();
    sums = new int[experts][];
    counted = new boolean[experts];
  }

  /** Begins again with another routing of the same topology and placement. */
  public void recount(GatheredRouting next) {
    routing = next;
    end = first;
    Arrays.fill(counted, false);
  }

  /**
   * Counts experts for the places of one source's slots alone, in place of those that were counted
   * in this way before.
   *
   * @param from the first expert
   * @param count experts
   */
  public void countFor(int source, int from, int count) {
    only = source;
    first = from;
    end = from + count;
    int width = count + 1;
    if (all.length < width) {
      below = new int[width];
      all = new int[width];
      offsets = new int[width];
    }
    Arrays.fill(all, 0, width, 0);
    int sources = routing.topology().rankCount();
    for (int i = 0; i < sources; i++) {
      if (i == source) {
        System.arraycopy(all, 0, below, 0, width);
      }
      routing.source(i).offsets(from, width, offsets);
      add(offsets, all, width);
    }
  }

  private static void add(int[] terms, int[] sums, int count) {
    for (int i = 0; i < count; i++) {
      sums[i] += terms[i];
    }
  }

  /** Counts {@code count} experts from {@code from} on, as far as it is not known of how many. */
  void countReceived(int from, int count) {
    for (int expert = from; expert < from + count; expert++) {
      if (!isCountedFor(expert) && !counted[expert]) {
        countOwnedWith(expert);
      }
    }
  }

  private boolean isCountedFor(int expert) {
    return expert >= first && expert < end;
  }

  /** Slots of the sources below {@code source}, which may be R, that chose an expert. */
  int before(int source, int expert) {
    if (source == only && isCountedFor(expert)) {
      return difference(below, expert);
    }
    if (!counted[expert]) {
      countOwnedWith(expert);
    }
    return sums[expert][source];
  }

  /** Slots of all sources that chose an expert. */
  int received(int expert) {
    return isCountedFor(expert)
        ? difference(all, expert)
        : before(routing.topology().rankCount(), expert);
  }

  private int difference(int[] summed, int expert) {
    return summed[expert + 1 - first] - summed[expert - first];
  }

  /** Counts an expert and all others of the rank that holds it. */
  private void countOwnedWith(int expert) {
    int owner = routing.placement().rankOf(expert);
    int from = routing.placement().firstExpert(owner);
    int to = from + routing.placement().expertCount(owner);
    int sources = routing.topology().rankCount();
    for (int e = from; e < to; e++) {
      if (sums[e] == null) {
        sums[e] = new int[sources + 1];
      }
      counted[e] = true;
    }
    for (int source = 0; source < sources; source++) {
      SourceRouting published = routing.source(source);
      int offset = published.offset(from);
      for (int e = from; e < to; e++) {
        int next = published.offset(e + 1);
        sums[e][source + 1] = sums[e][source] + next - offset;
        offset = next;
      }
    }
  }
}
