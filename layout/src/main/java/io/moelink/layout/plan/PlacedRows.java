package io.moelink.layout.plan;

import io.moelink.layout.dispatch.ExpertRows;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.SlotDivision;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.dispatch.TokenSet;
import java.util.List;

/**
 * Builds the rows of a {@link Step.Scatter}: one pass over the source's slots finds the places of
 * all ranks, one fills them in by row. Its memory is used again at every call.
 */
final class PlacedRows {
  private final RowBinder binder;
  private final StepRows.Scatter scatter = new StepRows.Scatter();
  private SlotDivision division;

  /** For each place the token that goes there, and then its row in the buffer that is read. */
  private int[] read = {};

  /** For each place its row in the buffer that is written. */
  private int[] rows = {};

  /** For each buffer that is written the first of its places; the last element is their number. */
  private int[] first = {};

  private int[] from = {};
  private int[] start = {};
  private int[] next = {};
  private int[] target = {};
  private int[] to = {};

  PlacedRows(RowBinder binder) {
    this.binder = binder;
  }

  StepRows.Scatter build(Step.Scatter step) {
    List<Buffer> written = step.to();
    int source = step.from().source();
    Scope holds = step.from().content();
    TokenSet content = binder.needed(source, holds);
    int count = content.count();
    int places =
        binder.shape().rowPerSlot() ? placeSlots(source, written) : placeTokens(source, written);
    if (holds.kind() != Scope.Kind.ALL) {
      content.positions(read, 0, places, 0);
    }
    next = Grown.zeros(next, count + 1);
    for (int p = 0; p < places; p++) {
      next[read[p] + 1]++;
    }
    int placed = starts(count);
    target = Grown.ints(target, places);
    to = Grown.ints(to, places);
    for (int i = 0; i < written.size(); i++) {
      for (int p = first[i]; p < first[i + 1]; p++) {
        int place = next[read[p]]++;
        target[place] = i;
        to[place] = rows[p];
      }
    }
    return scatter.of(placed, placed == count ? null : from, start, target, to);
  }

  /** Turns counts into starts, and leaves out the rows that go nowhere; returns the others. */
  private int starts(int count) {
    from = Grown.ints(from, count);
    start = Grown.ints(start, count + 1);
    int placed = 0;
    for (int i = 0; i < count; i++) {
      int end = next[i] + next[i + 1];
      from[placed] = i;
      start[placed] = next[i];
      placed += end > next[i] ? 1 : 0;
      next[i + 1] = end;
    }
    start[placed] = next[count];
    return placed;
  }

  /** A place for each slot that chose an expert of a rank, by rank, expert and slot. */
  private int placeSlots(int source, List<Buffer> written) {
    SourceRouting routing = binder.routing().source(source);
    binder.countExperts(written.getFirst().rank(), written.getLast().rank());
    first = Grown.ints(first, written.size() + 1);
    first[0] = 0;
    for (int i = 0; i < written.size(); i++) {
      int slots = binder.routing().slotCountAt(source, written.get(i).rank());
      first[i + 1] = first[i] + slots;
    }
    int places = first[written.size()];
    read = Grown.ints(read, places);
    rows = Grown.ints(rows, places);
    for (int i = 0; i < written.size(); i++) {
      ExpertRows layout = binder.expertRows(written.get(i).rank());
      int expert = layout.firstExpert();
      int end = expert + layout.expertCount();
      routing.slots(expert, end, read, first[i]);
      int place = first[i];
      int offset = routing.offset(expert);
      for (; expert < end; expert++) {
        int stop = routing.offset(expert + 1);
        int row = layout.firstRow(source, expert);
        for (; offset < stop; offset++) {
          rows[place++] = row++;
        }
      }
    }
    division = division == null ? SlotDivision.by(binder.routing().topK()) : division;
    division.tokens(read, places, read);
    return places;
  }

  /** A place for each token that a rank needs, by rank and token. */
  private int placeTokens(int source, List<Buffer> written) {
    first = Grown.ints(first, written.size() + 1);
    first[0] = 0;
    for (int i = 0; i < written.size(); i++) {
      first[i + 1] = first[i] + binder.needed(source, written.get(i).scope()).count();
    }
    int places = first[written.size()];
    read = Grown.ints(read, places);
    rows = Grown.ints(rows, places);
    for (int i = 0; i < written.size(); i++) {
      binder.needed(source, written.get(i).scope()).copyTo(read, first[i]);
      int row = binder.expertRows(written.get(i).rank()).firstRowOfSource(source);
      for (int p = first[i]; p < first[i + 1]; p++) {
        rows[p] = row++;
      }
    }
    return places;
  }
}
