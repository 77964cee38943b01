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
    int places = countPlaces(step);
    read = Grown.ints(read, places);
    rows = Grown.ints(rows, places);
    if (binder.shape().rowPerSlot()) {
      placeSlots(source, written);
    } else {
      placeTokens(source, written);
    }
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

  /** Finds where the places of each buffer start; returns their number. */
  private int countPlaces(Step.Scatter step) {
    List<Buffer> written = step.to();
    first = Grown.ints(first, written.size() + 1);
    first[0] = 0;
    for (int i = 0; i < written.size(); i++) {
      first[i + 1] = first[i] + binder.copiesPlaced(step.from(), written.get(i));
    }
    return first[written.size()];
  }

  /** A place for each slot that chose an expert of a rank, by rank, expert and slot. */
  private void placeSlots(int source, List<Buffer> written) {
    SourceRouting routing = binder.routing().source(source);
    binder.countFor(source, written);
    for (int i = 0; i < written.size(); i++) {
      ExpertRows layout = binder.expertRows(written.get(i).rank());
      int expert = layout.firstExpert();
      routing.slots(expert, expert + layout.expertCount(), read, first[i]);
      layout.rows(source, routing, rows, first[i]);
    }
    division = division == null ? SlotDivision.by(binder.routing().topK()) : division;
    division.tokens(read, first[written.size()], read);
  }

  /** A place for each token that a rank needs, by rank and token. */
  private void placeTokens(int source, List<Buffer> written) {
    for (int i = 0; i < written.size(); i++) {
      binder.needed(source, written.get(i).scope()).copyTo(read, first[i]);
      int row = binder.expertRows(written.get(i).rank()).firstRowOfSource(source);
      for (int p = first[i]; p < first[i + 1]; p++) {
        rows[p] = row++;
      }
    }
  }
}
