package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.TokenSet;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds the rows of a {@link Step.Reduce}: one pass counts groups and elements, one fills. Its
 * memory is used again at every call.
 */
final class SumRows {
  /** The elements of one addend, grouped by its tokens. */
  private static final class Elements {
    private int count;

    /** The written row of each token. */
    private int[] out = {};

    /** Where the elements of each token start; null: each token has one. */
    private int[] start;

    private int[] rows;
    private float[] weights;
    private int[] ownRows = {};

    int count(int token) {
      return start == null ? 1 : start[token + 1] - start[token];
    }

    int first(int token) {
      return start == null ? token : start[token];
    }
  }

  private final RowBinder binder;
  private final StepRows.Sum sum = new StepRows.Sum();
  private final List<Elements> addends = new ArrayList<>();
  private int[] nextGroup = {};
  private int[] nextElement = {};

  SumRows(RowBinder binder) {
    this.binder = binder;
  }

  StepRows.Sum build(Step.Reduce step) {
    int source = step.to().source();
    TokenSet content = binder.needed(source, step.to().content());
    int count = content.count();
    sum.setCount(count);
    sum.grouped = false;
    sum.groupStart = Grown.zeros(sum.groupStart, count + 1);
    // the start of each row's elements, counted one ahead
    nextElement = Grown.zeros(nextElement, count + 1);
    for (int a = 0; a < step.addends().size(); a++) {
      Elements addend = read(a, step, content);
      int[] out = addend.out;
      for (int i = 0; i < addend.count; i++) {
        sum.groupStart[out[i] + 1]++;
        nextElement[out[i] + 1] += addend.count(i);
      }
    }
    for (int i = 0; i < count; i++) {
      sum.groupStart[i + 1] += sum.groupStart[i];
      nextElement[i + 1] += nextElement[i];
    }
    fill(step.addends().size(), count);
    return sum;
  }

  private void fill(int addendCount, int count) {
    int elements = nextElement[count];
    sum.elements = elements;
    sum.elementSource = Grown.ints(sum.elementSource, elements);
    sum.elementRow = Grown.ints(sum.elementRow, elements);
    if (sum.grouped) {
      sum.elementStart = Grown.ints(sum.elementStart, sum.groupStart[count] + 1);
      sum.elementStart[sum.groupStart[count]] = elements;
      sum.weights = Grown.floats(sum.weights, elements);
    }
    nextGroup = Grown.ints(nextGroup, count);
    System.arraycopy(sum.groupStart, 0, nextGroup, 0, count);
    for (int a = 0; a < addendCount; a++) {
      fill(a, addends.get(a));
    }
  }

  private void fill(int a, Elements from) {
    for (int i = 0; i < from.count; i++) {
      int row = from.out[i];
      int at = nextElement[row];
      if (sum.grouped) {
        sum.elementStart[nextGroup[row]++] = at;
      }
      int end = from.first(i) + from.count(i);
      for (int e = from.first(i); e < end; e++, at++) {
        sum.elementSource[at] = a;
        sum.elementRow[at] = from.rows[e];
        if (sum.grouped) {
          // a partial is weighted already, and 1 * x is x to the bit
          sum.weights[at] = from.weights == null ? 1f : from.weights[e];
        }
      }
      nextElement[row] = at;
    }
  }

  private Elements read(int a, Step.Reduce step, TokenSet content) {
    if (a == addends.size()) {
      addends.add(new Elements());
    }
    Elements elements = addends.get(a);
    Buffer buffer = step.addends().get(a).buffer();
    int source = step.to().source();
    TokenSet tokens = binder.needed(source, step.addends().get(a).present());
    elements.count = tokens.count();
    elements.out = Grown.ints(elements.out, tokens.count());
    binder.rowsIn(step.to().content(), content, tokens, elements.out);
    elements.start = null;
    elements.weights = null;
    if (buffer.kind() == BufferKind.EXPERT && binder.shape().rowPerSlot()) {
      SlotRows slots = binder.slotRows(source, buffer.rank());
      sum.grouped = true;
      elements.start = slots.start();
      elements.rows = slots.tokenRows();
      elements.weights = slots.tokenWeights();
      return elements;
    }
    elements.ownRows = Grown.ints(elements.ownRows, tokens.count());
    elements.rows = elements.ownRows;
    if (buffer.kind() == BufferKind.EXPERT) {
      int first = binder.expertRows(buffer.rank()).firstRowOfSource(source);
      for (int i = 0; i < elements.count; i++) {
        elements.rows[i] = first + i;
      }
    } else {
      Scope holds = buffer.content();
      binder.rowsIn(holds, binder.needed(buffer.source(), holds), tokens, elements.rows);
    }
    return elements;
  }
}
