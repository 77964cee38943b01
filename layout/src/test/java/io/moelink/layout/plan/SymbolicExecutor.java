package io.moelink.layout.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingCase;
import io.moelink.layout.dispatch.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Runs a plan on names instead of bytes: the row of a token is {@code s<source>t<token>}, the row
 * of a slot is what the caller gives, and a sum is written out with its brackets, so that it says
 * what was added and in which order.
 */
final class SymbolicExecutor {
  private final Plan plan;
  private final RoutingCase input;
  private final RowBinder binder;
  private final Map<Buffer, String[]> buffers = new HashMap<>();
  private final Set<Step> done = new HashSet<>();

  SymbolicExecutor(Plan plan, RoutingCase input, OutputShape shape) {
    this.plan = plan;
    this.input = input;
    binder = new RowBinder(input.gathered(), shape);
  }

  /** Gives a buffer that no step writes. */
  void give(Buffer buffer, String[] rows) {
    check(plan.producers(buffer).isEmpty(), "written by a step", buffer);
    buffers.put(buffer, rows);
  }

  /** Gives every rank's input, as the plan wants it. */
  void giveInputs(boolean columnMajor) {
    for (int rank = 0; rank < input.ranks(); rank++) {
      String[] rows = new String[input.choices().get(rank).tokens()];
      for (int token = 0; token < rows.length; token++) {
        rows[token] = "s" + rank + "t" + token;
      }
      BufferKind kind = columnMajor ? BufferKind.INPUT_COLUMNS : BufferKind.INPUT;
      give(new Buffer(rank, kind, rank, Scope.ALL), rows);
    }
  }

  /** What a buffer holds in the end. */
  String[] rows(Buffer buffer) {
    return buffers.get(buffer);
  }

  /**
   * Every rank works through its steps in order and waits where a buffer is not complete; fails if
   * all ranks wait.
   */
  void runInOrder() {
    int[] next = new int[plan.rankCount()];
    boolean moved = true;
    while (moved) {
      moved = false;
      for (int rank = 0; rank < next.length; rank++) {
        while (next[rank] < plan.steps(rank).size() && ready(plan.steps(rank).get(next[rank]))) {
          run(plan.steps(rank).get(next[rank]++));
          moved = true;
        }
      }
    }
    for (int rank = 0; rank < next.length; rank++) {
      assertThat(next[rank])
          .as("%s on %s: steps that rank %d could do", plan.name(), input, rank)
          .isEqualTo(plan.steps(rank).size());
    }
  }

  /** Runs any step whose reads are complete, in an order drawn from the seed. */
  void runInAnyOrder(long seed) {
    List<Step> waiting = new ArrayList<>();
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      waiting.addAll(plan.steps(rank));
    }
    Random random = new Random(seed);
    while (!waiting.isEmpty()) {
      int before = waiting.size();
      Collections.shuffle(waiting, random);
      waiting.removeIf(
          step -> {
            boolean ready = ready(step);
            if (ready) {
              run(step);
            }
            return ready;
          });
      assertThat(waiting.size())
          .as("%s on %s: steps that wait", plan.name(), input)
          .isLessThan(before);
    }
  }

  private boolean ready(Step step) {
    for (Plan.StepId id : plan.waitsFor(step)) {
      if (!done.contains(plan.step(id))) {
        return false;
      }
    }
    for (Buffer read : step.reads()) {
      check(buffers.containsKey(read), "reads a buffer that is not there", step);
    }
    return true;
  }

  private void run(Step step) {
    check(done.add(step), "is there twice", step);
    List<String[]> targets = step.writes().stream().map(this::rowsOf).toList();
    String[] to = targets.getFirst();
    String[] from = buffers.get(step.reads().getFirst());
    switch (binder.rows(step)) {
      case StepRows.Copy copy -> {
        check(copy.count() == to.length, "does not fill its buffer", step);
        for (int i = 0; i < copy.count(); i++) {
          write(step, to, i, from[copy.from() == null ? i : copy.from()[i]]);
        }
      }
      case StepRows.Scatter scatter -> {
        for (int i = 0; i < scatter.count(); i++) {
          for (int at = scatter.start()[i]; at < scatter.start()[i + 1]; at++) {
            String[] target = targets.get(scatter.target() == null ? 0 : scatter.target()[at]);
            int row = scatter.from() == null ? i : scatter.from()[i];
            write(step, target, scatter.to()[at], from[row]);
          }
        }
      }
      case StepRows.Sum sum -> {
        check(sum.count() == to.length, "does not fill its buffer", step);
        for (int i = 0; i < sum.count(); i++) {
          write(step, to, i, sumOf(step, sum, i));
        }
      }
      case StepRows.Whole whole -> {
        check(whole.count() == from.length, "does not read all of its buffer", step);
        System.arraycopy(from, 0, to, 0, from.length);
      }
    }
  }

  private String[] rowsOf(Buffer buffer) {
    return buffers.computeIfAbsent(buffer, b -> new String[binder.rowCount(b)]);
  }

  private void write(Step step, String[] to, int row, String value) {
    check(to[row] == null, "writes a row for the second time", step);
    check(value != null, "reads a row that nobody wrote", step);
    to[row] = value;
  }

  private String sumOf(Step step, StepRows.Sum sum, int row) {
    List<Buffer> reads = step.reads();
    List<String> groups = new ArrayList<>();
    for (int g = sum.groupStart()[row]; g < sum.groupStart()[row + 1]; g++) {
      int from = sum.elementStart() == null ? g : sum.elementStart()[g];
      int to = sum.elementStart() == null ? g + 1 : sum.elementStart()[g + 1];
      List<String> elements = new ArrayList<>();
      for (int e = from; e < to; e++) {
        Buffer read = reads.get(sum.elementSource()[e]);
        String value = buffers.get(read)[sum.elementRow()[e]];
        check(value != null, "reads a row that nobody wrote", step);
        boolean weighted = sum.weights() != null;
        if (read.kind() == BufferKind.EXPERT) {
          elements.add(weighted ? sum.weights()[e] + "*" + value : value);
        } else {
          check(!weighted || sum.weights()[e] == 1f, "weights a partial", step);
          elements.add(value);
        }
      }
      groups.add(bracket('(', elements, ')'));
    }
    return groups.isEmpty() ? "0" : bracket('[', groups, ']');
  }

  private void check(boolean holds, String complaint, Object of) {
    if (!holds) {
      throw new AssertionError(of + " " + complaint + ": " + plan.name() + " on " + input);
    }
  }

  /** A sum of one is that one. */
  static String bracket(char open, List<String> addends, char close) {
    return addends.size() == 1 ? addends.getFirst() : open + String.join(" ", addends) + close;
  }
}
