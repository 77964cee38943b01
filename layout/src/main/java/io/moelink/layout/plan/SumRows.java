package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.TokenSet;
import java.util.List;

/** Builds the rows of a {@link Step.Reduce}: one pass counts groups and elements, one fills. */
final class SumRows {
  /** The elements of one addend, grouped by its tokens. */
  private record Elements(TokenSet tokens, int[] start, int[] rows, float[] weights) {
    int count(int position) {
      return start == null ? 1 : start[position + 1] - start[position];
    }

    int first(int position) {
      return start == null ? position : start[position];
    }
  }

  private final RowBinder binder;
  private final Step.Reduce step;
  private final int source;
  private boolean grouped;

  SumRows(RowBinder binder, Step.Reduce step) {
    this.binder = binder;
    this.step = step;
    source = step.to().source();
  }

  StepRows.Sum build() {
    List<Elements> addends = step.addends().stream().map(this::elements).toList();
    TokenSet content = binder.needed(source, step.to().content());
    int count = content.count();
    int[] groupStart = new int[count + 1];
    int[] elementBase = new int[count + 1];
    int[][] outRows = new int[addends.size()][];
    for (int a = 0; a < addends.size(); a++) {
      int[] out = outRowsOf(addends.get(a).tokens(), content);
      outRows[a] = out;
      for (int i = 0; i < out.length; i++) {
        groupStart[out[i] + 1]++;
        elementBase[out[i] + 1] += addends.get(a).count(i);
      }
    }
    for (int i = 0; i < count; i++) {
      groupStart[i + 1] += groupStart[i];
      elementBase[i + 1] += elementBase[i];
    }
    return fill(addends, outRows, groupStart, elementBase);
  }

  private StepRows.Sum fill(
      List<Elements> addends, int[][] outRows, int[] groupStart, int[] elementBase) {
    int count = groupStart.length - 1;
    int elements = elementBase[count];
    int[] elementStart = grouped ? new int[groupStart[count] + 1] : null;
    int[] elementSource = new int[elements];
    int[] elementRow = new int[elements];
    float[] weights = grouped ? new float[elements] : null;
    int[] nextGroup = java.util.Arrays.copyOf(groupStart, count);
    int[] nextElement = elementBase;
    for (int a = 0; a < addends.size(); a++) {
      Elements from = addends.get(a);
      for (int i = 0; i < outRows[a].length; i++) {
        int row = outRows[a][i];
        int at = nextElement[row];
        if (grouped) {
          elementStart[nextGroup[row]++] = at;
        }
        int first = from.first(i);
        for (int e = 0; e < from.count(i); e++, at++) {
          elementSource[at] = a;
          elementRow[at] = from.rows()[first + e];
          if (grouped) {
            // a partial is weighted already, and 1 * x is x to the bit
            weights[at] = from.weights() == null ? 1f : from.weights()[first + e];
          }
        }
        nextElement[row] = at;
      }
    }
    if (grouped) {
      elementStart[groupStart[count]] = elements;
    }
    return new StepRows.Sum(count, groupStart, elementStart, elementSource, elementRow, weights);
  }

  private Elements elements(Step.Addend addend) {
    Buffer buffer = addend.buffer();
    TokenSet tokens = binder.needed(source, addend.present());
    if (buffer.kind() != BufferKind.EXPERT) {
      return new Elements(tokens, null, binder.rowsIn(buffer, tokens), null);
    }
    if (!binder.shape().rowPerSlot()) {
      int first = binder.expertRows(buffer.rank()).firstRowOfSource(source);
      int[] rows = new int[tokens.count()];
      java.util.Arrays.setAll(rows, i -> first + i);
      return new Elements(tokens, null, rows, null);
    }
    grouped = true;
    SlotRows slots = binder.slotRows(source, buffer.rank());
    int[] start = new int[tokens.count() + 1];
    int[] rows = new int[slots.count()];
    float[] weights = new float[slots.count()];
    slots.group(tokens, start, rows, weights);
    return new Elements(tokens, start, rows, weights);
  }

  /** The written rows of an addend's tokens. */
  private int[] outRowsOf(TokenSet tokens, TokenSet content) {
    int[] rows = tokens.toArray();
    if (step.to().content().kind() != Scope.Kind.ALL) {
      for (int i = 0; i < rows.length; i++) {
        rows[i] = content.position(rows[i]);
      }
    }
    return rows;
  }
}
