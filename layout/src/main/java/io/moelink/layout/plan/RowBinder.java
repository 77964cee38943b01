package io.moelink.layout.plan;

import io.moelink.layout.dispatch.ExpertRows;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.TokenSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Works out the rows of steps for one routing. Keeps the token sets and expert rows that it has
 * already derived, so one binder serves all steps of a rank; not for several threads at once.
 */
public final class RowBinder {
  private record Needed(int source, Scope scope) {}

  private final GatheredRouting routing;
  private final OutputShape shape;
  private final Map<Needed, TokenSet> sets = new HashMap<>();
  private final Map<Integer, ExpertRows> expertRows = new HashMap<>();
  private final Map<Needed, SlotRows> slotRows = new HashMap<>();

  public RowBinder(GatheredRouting routing, OutputShape shape) {
    this.routing = routing;
    this.shape = shape;
  }

  public GatheredRouting routing() {
    return routing;
  }

  public OutputShape shape() {
    return shape;
  }

  /** Where rows lie in the output buffer of {@code rank}. */
  public ExpertRows expertRows(int rank) {
    return expertRows.computeIfAbsent(rank, r -> ExpertRows.of(routing, shape, r));
  }

  /** Tokens of {@code source} that {@code scope} needs. */
  public TokenSet needed(int source, Scope scope) {
    return sets.computeIfAbsent(
        new Needed(source, scope), key -> routing.needed(key.source(), key.scope()));
  }

  /** The slots of {@code source} that chose experts of {@code rank}, with their rows there. */
  public SlotRows slotRows(int source, int rank) {
    return slotRows.computeIfAbsent(
        new Needed(source, Scope.rank(rank)), key -> SlotRows.of(this, source, rank));
  }

  /** Rows of a buffer. */
  public int rowCount(Buffer buffer) {
    return switch (buffer.kind()) {
      case EXPERT, EXPERT_COLUMNS -> expertRows(buffer.rank()).rowCount();
      default -> BufferRows.count(routing, shape, buffer);
    };
  }

  /** The rows that a step reads and writes. */
  public StepRows rows(Step step) {
    return switch (step) {
      case Step.Pull pull -> copy(pull.from(), pull.to());
      case Step.Push push -> copy(push.from(), push.to());
      case Step.Permute permute -> scatter(permute);
      case Step.Reduce reduce -> new SumRows(this, reduce).build();
      case Step.Reorder reorder -> new StepRows.Whole(rowCount(reorder.from()));
    };
  }

  private StepRows.Copy copy(Buffer from, Buffer to) {
    int count = rowCount(to);
    return from.content().equals(to.content())
        ? new StepRows.Copy(count, null)
        : new StepRows.Copy(count, rowsIn(from, needed(to.source(), to.content())));
  }

  /** The rows of a buffer in which tokens of a set lie, or null where these are all its rows. */
  int[] rowsIn(Buffer buffer, TokenSet tokens) {
    int[] rows = tokens.toArray();
    if (buffer.content().kind() != Scope.Kind.ALL) {
      TokenSet content = needed(buffer.source(), buffer.content());
      for (int i = 0; i < rows.length; i++) {
        rows[i] = content.position(rows[i]);
      }
    }
    return rows;
  }

  private StepRows.Scatter scatter(Step.Permute step) {
    int source = step.from().source();
    int rank = step.rank();
    TokenSet tokens = needed(source, Scope.rank(rank));
    int[] from =
        step.from().content().equals(Scope.rank(rank)) ? null : rowsIn(step.from(), tokens);
    ExpertRows rows = expertRows(rank);
    int[] start = new int[tokens.count() + 1];
    if (!shape.rowPerSlot()) {
      int[] to = new int[tokens.count()];
      for (int i = 0; i < to.length; i++) {
        start[i + 1] = i + 1;
        to[i] = rows.firstRowOfSource(source) + i;
      }
      return new StepRows.Scatter(tokens.count(), from, start, to);
    }
    SlotRows slots = slotRows(source, rank);
    int[] to = new int[slots.count()];
    slots.group(tokens, start, to, null);
    return new StepRows.Scatter(tokens.count(), from, start, to);
  }
}
