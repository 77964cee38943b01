package io.moelink.layout.topology;

import java.util.Arrays;

/**
 * Entry and via of every (source rank, VNode): the relay chains.
 *
 * <p>A row of source s that any rank of VNode V needs is taken in once, by {@code entry(s, V)},
 * which reads it from {@code via(s, V)}; via is s itself or a rank that already staged the row. In
 * s's own VNode both are s. Two shorts a pair; immutable, so any thread may read it.
 */
public final class RelayTable {
  private final int rankCount;
  private final int vnodeCount;
  private final short[] entry;
  private final short[] via;

  private RelayTable(int rankCount, int vnodeCount) {
    this.rankCount = rankCount;
    this.vnodeCount = vnodeCount;
    this.entry = new short[rankCount * vnodeCount];
    this.via = new short[rankCount * vnodeCount];
  }

  /**
   * Derives the table from mates. The mates are checked already: every rank has one in every other
   * VNode of its domain, and exactly one in every other domain.
   *
   * @param mates [rankCount, vnodeCount], -1 where there is none
   */
  static RelayTable of(short[] mates, int[] vnodeOf, int[] domainOfVnode) {
    int rankCount = vnodeOf.length;
    int vnodeCount = domainOfVnode.length;
    RelayTable table = new RelayTable(rankCount, vnodeCount);
    int domainCount = 0;
    for (int domain : domainOfVnode) {
      domainCount = Math.max(domainCount, domain + 1);
    }
    short[] gates = new short[domainCount];
    for (int source = 0; source < rankCount; source++) {
      int base = source * vnodeCount;
      for (int vnode = 0; vnode < vnodeCount; vnode++) {
        if (mates[base + vnode] >= 0) {
          gates[domainOfVnode[vnode]] = mates[base + vnode];
        }
      }
      for (int vnode = 0; vnode < vnodeCount; vnode++) {
        int at = base + vnode;
        if (vnode == vnodeOf[source]) {
          table.entry[at] = (short) source;
          table.via[at] = (short) source;
        } else if (mates[at] >= 0) {
          table.entry[at] = mates[at];
          table.via[at] = (short) source;
        } else {
          short gate = gates[domainOfVnode[vnode]];
          table.entry[at] = mates[gate * vnodeCount + vnode];
          table.via[at] = gate;
        }
      }
    }
    return table;
  }

  /** A table of what was worked out elsewhere, both {@code [rankCount, vnodeCount]}. */
  static RelayTable of(int rankCount, int vnodeCount, short[] entry, short[] via) {
    RelayTable table = new RelayTable(rankCount, vnodeCount);
    System.arraycopy(entry, 0, table.entry, 0, entry.length);
    System.arraycopy(via, 0, table.via, 0, via.length);
    return table;
  }

  /** The rank of {@code vnode} that takes in the rows of {@code source}. */
  public int entry(int source, int vnode) {
    return entry[index(source, vnode)];
  }

  /** The rank from which {@link #entry} reads them. */
  public int via(int source, int vnode) {
    return via[index(source, vnode)];
  }

  private int index(int source, int vnode) {
    if (source < 0 || source >= rankCount || vnode < 0 || vnode >= vnodeCount) {
      throw new IndexOutOfBoundsException(
          "source=%d of %d ranks, vnode=%d of %d VNodes"
              .formatted(source, rankCount, vnode, vnodeCount));
    }
    return source * vnodeCount + vnode;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RelayTable that
        && rankCount == that.rankCount
        && Arrays.equals(entry, that.entry)
        && Arrays.equals(via, that.via);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(entry) + Arrays.hashCode(via);
  }
}
