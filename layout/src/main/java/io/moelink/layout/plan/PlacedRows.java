package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.SlotDivision;
import io.moelink.layout.dispatch.TokenSet;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds the rows of a {@link Step.Scatter}: one pass counts the places of each row, one fills them
 * in. Its memory is used again at every call.
 */
final class PlacedRows {
  /** The rows of one source at one rank. */
  private static final class Places {
    private int count;

    /** For each place the token that goes there, and then its row in the buffer that is read. */
    private int[] read = {};

    private int[] rows;
    private int[] ownRows = {};
  }

  private final RowBinder binder;
  private final StepRows.Scatter scatter = new StepRows.Scatter();
  private final List<Places> targets = new ArrayList<>();
  private SlotDivision division;
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
    Scope holds = step.from().content();
    TokenSet content = binder.needed(step.from().source(), holds);
    int count = content.count();
    next = Grown.zeros(next, count + 1);
    binder.countExperts(written.getFirst().rank(), written.getLast().rank());
    int places = 0;
    for (int i = 0; i < written.size(); i++) {
      Places at = read(i, step.from().source(), written.get(i));
      if (holds.kind() != Scope.Kind.ALL) {
        content.positions(at.read, 0, at.count, 0);
      }
      places += at.count;
      for (int p = 0; p < at.count; p++) {
        next[at.read[p] + 1]++;
      }
    }
    int rows = starts(count);
    target = Grown.ints(target, places);
    to = Grown.ints(to, places);
    for (int i = 0; i < written.size(); i++) {
      fill(i, targets.get(i));
    }
    return scatter.of(rows, rows == count ? null : from, start, target, to);
  }

  /** Turns counts into starts, and leaves out the rows that go nowhere; returns the others. */
  private int starts(int count) {
    from = Grown.ints(from, count);
    start = Grown.ints(start, count + 1);
    int rows = 0;
    for (int i = 0; i < count; i++) {
      int end = next[i] + next[i + 1];
      from[rows] = i;
      start[rows] = next[i];
      rows += end > next[i] ? 1 : 0;
      next[i + 1] = end;
    }
    start[rows] = next[count];
    return rows;
  }

  private void fill(int number, Places at) {
    for (int p = 0; p < at.count; p++) {
      int place = next[at.read[p]]++;
      target[place] = number;
      to[place] = at.rows[p];
    }
  }

  private Places read(int i, int source, Buffer experts) {
    if (i == targets.size()) {
      targets.add(new Places());
    }
    Places at = targets.get(i);
    if (binder.shape().rowPerSlot()) {
      SlotRows slots = binder.slotRows(source, experts.rank());
      division = division == null ? SlotDivision.by(slots.topK()) : division;
      at.count = slots.count();
      at.read = Grown.ints(at.read, at.count);
      at.rows = slots.rows();
      division.tokens(slots.slots(), at.count, at.read);
      return at;
    }
    TokenSet tokens = binder.needed(source, experts.scope());
    at.count = tokens.count();
    at.read = Grown.ints(at.read, at.count);
    at.ownRows = Grown.ints(at.ownRows, at.count);
    at.rows = at.ownRows;
    tokens.copyTo(at.read);
    int first = binder.expertRows(experts.rank()).firstRowOfSource(source);
    for (int p = 0; p < at.count; p++) {
      at.rows[p] = first + p;
    }
    return at;
  }
}
