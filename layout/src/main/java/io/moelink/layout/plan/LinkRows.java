package io.moelink.layout.plan;

import io.moelink.layout.topology.LinkKind;
import java.util.Arrays;

/**
 * The rows that steps move over links of each kind, for one routing after another; LOCAL: rows read
 * in a rank's own memory. Counting allocates nothing.
 */
public final class LinkRows {
  private static final LinkKind[] KINDS = LinkKind.values();

  private final Crossings crossings;
  private final boolean[] occurs = new boolean[KINDS.length];
  private final long[] rows = new long[KINDS.length];

  /** Of {@link #rows}: partial sums, whose type, and so whose size, can be another. */
  private final long[] partials = new long[KINDS.length];

  public LinkRows(Crossings crossings) {
    this.crossings = crossings;
    for (Crossings.Crossing crossing : crossings.all()) {
      for (LinkKind kind : crossing.kinds()) {
        occurs[kind.ordinal()] = true;
      }
    }
  }

  /** Counts the rows of the routing that a binder is bound to. */
  public void count(RowBinder binder) {
    Arrays.fill(rows, 0);
    Arrays.fill(partials, 0);
    for (int i = 0; i < crossings.all().size(); i++) {
      Crossings.Crossing crossing = crossings.all().get(i);
      int count = binder.rowsCrossing(crossing);
      for (LinkKind kind : crossing.kinds()) {
        rows[kind.ordinal()] += count;
        partials[kind.ordinal()] += crossing.partial() ? count : 0;
      }
    }
  }

  /** Whether steps cross links of a kind, be it with no row. */
  public boolean occurs(LinkKind kind) {
    return occurs[kind.ordinal()];
  }

  /** Rows over links of a kind, partial sums included. */
  public long rows(LinkKind kind) {
    return rows[kind.ordinal()];
  }

  /** Partial sums over links of a kind. */
  public long partials(LinkKind kind) {
    return partials[kind.ordinal()];
  }

  /**
   * Bytes over links of a kind.
   *
   * @param rowBytes bytes of a row that is no partial sum
   * @param partialBytes bytes of a partial sum
   */
  public long bytes(LinkKind kind, long rowBytes, long partialBytes) {
    long of = partials(kind);
    return (rows(kind) - of) * rowBytes + of * partialBytes;
  }
}
