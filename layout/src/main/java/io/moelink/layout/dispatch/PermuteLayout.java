package io.moelink.layout.dispatch;

import io.moelink.layout.topology.Topology;
import java.util.Arrays;

/**
 * Where every received row of one rank comes from and goes to, in canonical order: experts
 * ascending; inside an expert by source rank, source token, slot (page 2.3 of the specification).
 *
 * <p>Rows of one local expert from one source stand together and share all but their token, so they
 * are kept as a run: run {@code expert * R + source} are rows {@code runStart[run]} up to {@code
 * runStart[run + 1] - 1}. What differs from row to row is kept by row, {@code N} of each; arrays
 * may be longer than that.
 *
 * <pre>
 *   by run     first row, first destination row      by source   the rank whose buffer it is read from
 *   by row     slot (token * K + k), row in that buffer, weight
 * </pre>
 */
public final class PermuteLayout {
  private final int ranks;
  private final SlotDivision division;
  private final int[] runStart;
  private final int[] runDestination;
  private final int[] bufferOfSource;
  private final int[] slots;
  private final float[] weights;

  /** The row in the buffer that each row is read from, if that is not its token everywhere. */
  private int[] stagedRows;

  private boolean staged;

  private PermuteLayout(GatheredRouting routing, ExpertRows rows, PermuteLayout used) {
    ranks = routing.topology().rankCount();
    division = SlotDivision.by(routing.topK());
    int runs = rows.expertCount() * ranks;
    runStart = new int[runs + 1];
    runDestination = new int[runs];
    bufferOfSource = new int[ranks];
    for (int local = 0, run = 0; local < rows.expertCount(); local++) {
      int expert = rows.firstExpert() + local;
      for (int source = 0; source < ranks; source++, run++) {
        runStart[run + 1] = runStart[run] + routing.slotCount(source, expert);
        runDestination[run] = rows.firstRow(source, expert);
      }
    }
    int count = runStart[runs];
    boolean fits = used != null && used.slots.length >= count;
    slots = fits ? used.slots : new int[count];
    stagedRows = fits ? used.stagedRows : null;
    weights = fits ? used.weights : new float[count];
  }

  /** The layout of {@code rank} for a row per slot in EXPERT_MAJOR, SLOTTED or PAIRED order. */
  public static PermuteLayout of(
      GatheredRouting routing, StagingPolicy policy, OutputShape shape, int rank) {
    return of(routing, policy, shape, rank, null);
  }

  /**
   * The same in the memory of a layout that nobody will read again.
   *
   * @param used a layout whose arrays are taken where they fit, or null
   */
  public static PermuteLayout of(
      GatheredRouting routing,
      StagingPolicy policy,
      OutputShape shape,
      int rank,
      PermuteLayout used) {
    if (!shape.rowPerSlot()) {
      throw new IllegalArgumentException("a permutation layout has a row per slot: " + shape);
    }
    ExpertRows rows = ExpertRows.of(routing, shape, rank);
    PermuteLayout layout = new PermuteLayout(routing, rows, used);
    for (int source = 0; source < layout.ranks; source++) {
      layout.copySlices(routing.source(source), source, rows);
    }
    layout.findBuffers(routing, policy, rank);
    return layout;
  }

  private void copySlices(SourceRouting from, int source, ExpertRows rows) {
    for (int local = 0; local < rows.expertCount(); local++) {
      int expert = rows.firstExpert() + local;
      int at = runStart[local * ranks + source];
      from.slots(expert, expert + 1, slots, at);
      from.weights(expert, expert + 1, weights, at);
    }
  }

  private void findBuffers(GatheredRouting routing, StagingPolicy policy, int rank) {
    for (int source = 0; source < ranks; source++) {
      RowsIn read = RowsIn.of(routing, policy, source, rank);
      bufferOfSource[source] = read.rank();
      if (read.tokens() != null) {
        readFromStaging(read, source);
      }
    }
  }

  private void readFromStaging(RowsIn read, int source) {
    if (!staged) {
      staged = true;
      stagedRows = stagedRows == null ? new int[slots.length] : stagedRows;
      // an input holds every token in its place
      division.tokens(slots, count(), stagedRows);
    }
    for (int run = source; run < runDestination.length; run += ranks) {
      read.tokens().positions(stagedRows, runStart[run], runStart[run + 1], read.firstRow());
    }
  }

  /** Rows, N. */
  public int count() {
    return runStart[runDestination.length];
  }

  /** The rank whose memory a source's rows are read from: itself, or the entry that staged them. */
  public int bufferOfSource(int source) {
    return bufferOfSource[source];
  }

  /** The row in the buffer that each row is read from, a new {@code [N]}. */
  public int[] bufferRows() {
    return staged ? Arrays.copyOf(stagedRows, count()) : sourceTokens();
  }

  /** The slots of the source rank, at least N; not to be changed. */
  public int[] slots() {
    return slots;
  }

  /** The slots' weights, at least N; not to be changed. */
  public float[] weights() {
    return weights;
  }

  /** The rank whose token each row is, a new {@code [N]}. */
  public int[] sourceRanks() {
    return byRun(run -> run % ranks);
  }

  /** The expert of each row, counted from this rank's first, a new {@code [N]}. */
  public int[] localExperts() {
    return byRun(run -> run / ranks);
  }

  /** The rank whose memory each row is read from, a new {@code [N]}. */
  public int[] buffers() {
    return byRun(run -> bufferOfSource[run % ranks]);
  }

  /** The source rank's token of each row, a new {@code [N]}. */
  public int[] sourceTokens() {
    int[] tokens = new int[count()];
    Arrays.setAll(tokens, i -> division.token(slots[i]));
    return tokens;
  }

  /** Which of its token's K choices each row is, a new {@code [N]}. */
  public int[] choices() {
    int[] choices = new int[count()];
    Arrays.setAll(choices, i -> slots[i] - division.token(slots[i]) * division.topK());
    return choices;
  }

  /** The row of the output buffer that each row is written to, a new {@code [N]}. */
  public int[] destinationRows() {
    int[] destination = new int[count()];
    for (int run = 0; run < runDestination.length; run++) {
      for (int i = runStart[run]; i < runStart[run + 1]; i++) {
        destination[i] = runDestination[run] + i - runStart[run];
      }
    }
    return destination;
  }

  private int[] byRun(java.util.function.IntUnaryOperator value) {
    int[] column = new int[count()];
    for (int run = 0; run < runDestination.length; run++) {
      Arrays.fill(column, runStart[run], runStart[run + 1], value.applyAsInt(run));
    }
    return column;
  }

  /** Which rank's buffer a rank reads a source's tokens from, and how tokens map to rows there. */
  private record RowsIn(int rank, int firstRow, TokenSet tokens) {
    static RowsIn of(GatheredRouting routing, StagingPolicy policy, int source, int reader) {
      Topology topology = routing.topology();
      int vnode = topology.vnodeOf(reader);
      if (topology.vnodeOf(source) == vnode) {
        return new RowsIn(source, 0, null);
      }
      int holder = topology.entry(source, vnode);
      Scope part = policy.partFor(topology, source, holder, reader);
      if (part == null) {
        holder = topology.via(source, vnode);
        if (holder == source) {
          return new RowsIn(source, 0, null);
        }
        part = policy.partForVnode(topology, source, holder, vnode);
      }
      PullLayout.Staged staged = PullLayout.staged(routing, policy, source, holder);
      return new RowsIn(holder, staged.firstRow(part), staged.tokensOf(part));
    }
  }
}
