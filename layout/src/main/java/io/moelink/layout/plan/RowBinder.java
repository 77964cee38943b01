package io.moelink.layout.plan;

import io.moelink.layout.dispatch.ExpertCounts;
import io.moelink.layout.dispatch.ExpertRows;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.TokenSet;
import io.moelink.layout.routing.ExpertPlacement;
import java.util.List;

/**
 * Works out the rows of steps for one routing, and then for another in the same memory. Keeps the
 * token sets and expert rows that it has already derived, so one binder serves all steps of a rank;
 * not for several threads at once.
 */
public final class RowBinder {
  private final OutputShape shape;
  private final ExpertCounts counts;
  private final Kept<TokenSet> sets = new Kept<>();
  private final Kept<ExpertRows> expertRows = new Kept<>();
  private final Kept<SlotRows> slotRows = new Kept<>();
  private final SlotSorter sorter = new SlotSorter();
  private final StepRows.Copy copy = new StepRows.Copy();
  private final StepRows.Scatter scatter = new StepRows.Scatter();
  private final StepRows.Whole whole = new StepRows.Whole();
  private final SumRows sums = new SumRows(this);
  private final PlacedRows scatters = new PlacedRows(this);
  private int[] from = {};
  private int[] start = {};
  private int[] to = {};
  private GatheredRouting routing;

  public RowBinder(GatheredRouting routing, OutputShape shape) {
    this.shape = shape;
    this.routing = routing;
    counts = new ExpertCounts(routing);
  }

  /**
   * Begins again with another routing of the same topology, placement and top-k. What the binder
   * gave out for the routing before is not good any more.
   */
  public void rebind(GatheredRouting next) {
    routing = next;
    counts.recount(next);
    sets.expire();
    expertRows.expire();
    slotRows.expire();
  }

  public GatheredRouting routing() {
    return routing;
  }

  public OutputShape shape() {
    return shape;
  }

  /** Where rows lie in the output buffer of {@code rank}. */
  public ExpertRows expertRows(int rank) {
    int number = expertRows.number(rank, 0);
    if (!expertRows.isCurrent(number)) {
      ExpertRows rows = ExpertRows.of(routing, counts, shape, rank, expertRows.get(number));
      expertRows.set(number, rows);
    }
    return expertRows.get(number);
  }

  /** Prepares for the rows of one source's slots at the ranks of some buffers. */
  void countFor(int source, List<Buffer> experts) {
    ExpertPlacement placement = routing.placement();
    int first = placement.experts();
    int end = 0;
    for (int i = 0; i < experts.size(); i++) {
      int rank = experts.get(i).rank();
      int count = placement.expertCount(rank);
      if (count > 0) {
        first = Math.min(first, placement.firstExpert(rank));
        end = Math.max(end, placement.firstExpert(rank) + count);
      }
    }
    if (first < end) {
      counts.countFor(source, first, end - first);
    }
  }

  /** Tokens of {@code source} that {@code scope} needs. */
  public TokenSet needed(int source, Scope scope) {
    int level = scope.index() * Scope.LEVELS + scope.kind().ordinal();
    int number = sets.number(source, level);
    if (!sets.isCurrent(number)) {
      sets.set(number, routing.needed(source, scope, sets.get(number)));
    }
    return sets.get(number);
  }

  /** The slots of {@code source} that chose experts of {@code rank}, with their rows there. */
  public SlotRows slotRows(int source, int rank) {
    int number = slotRows.number(source, rank);
    if (!slotRows.isCurrent(number)) {
      SlotRows rows = slotRows.get(number);
      if (rows == null) {
        rows = new SlotRows(Scope.rank(rank), sorter);
      }
      rows.bind(this, source);
      slotRows.set(number, rows);
    }
    return slotRows.get(number);
  }

  /** Rows of a buffer. */
  public int rowCount(Buffer buffer) {
    return switch (buffer.kind()) {
      case EXPERT, EXPERT_COLUMNS -> expertRows(buffer.rank()).rowCount();
      case SCALAR -> routing.slotCountAt(buffer.source(), buffer.scope().index());
      default -> routing.neededCount(buffer.source(), buffer.content());
    };
  }

  /** Rows that a step reads of the i-th buffer that it reads. */
  int rowsRead(Step step, int i) {
    return switch (step) {
      case Step.Pull pull -> rowCount(pull.to());
      case Step.Push push -> rowCount(push.to());
      case Step.Permute permute -> rowsPlaced(permute.from(), permute.to());
      case Step.Scatter scatter -> rows(scatter).count();
      case Step.Reduce reduce -> {
        Step.Addend addend = reduce.addends().get(i);
        int source = reduce.to().source();
        boolean slots = addend.buffer().kind() == BufferKind.EXPERT && shape.rowPerSlot();
        yield slots
            ? routing.slotCountAt(source, addend.buffer().rank())
            : routing.neededCount(source, addend.present());
      }
      case Step.Reorder reorder -> rowCount(reorder.from());
    };
  }

  /** Rows that cross from one buffer to another. */
  int rowsCrossing(Crossings.Crossing crossing) {
    return crossing.step() instanceof Step.Scatter scatter
        ? rowsPlaced(scatter.from(), crossing.written())
        : rowsRead(crossing.step(), crossing.read());
  }

  /** Rows that a step writes. */
  int rowsWritten(Step step) {
    return switch (step) {
      case Step.Permute permute -> copiesPlaced(permute.from(), permute.to());
      case Step.Scatter scatter -> {
        int rows = 0;
        for (Buffer to : scatter.to()) {
          rows += copiesPlaced(scatter.from(), to);
        }
        yield rows;
      }
      case Step.ToOne other -> rowCount(other.to());
    };
  }

  /** Rows of a buffer that the experts of a rank need. */
  private int rowsPlaced(Buffer from, Buffer experts) {
    return routing.neededCount(from.source(), experts.scope());
  }

  /** The rows that they become there. */
  int copiesPlaced(Buffer from, Buffer experts) {
    return shape.rowPerSlot()
        ? routing.slotCountAt(from.source(), experts.rank())
        : rowsPlaced(from, experts);
  }

  /** The rows that a step reads and writes; good until the next call. */
  public StepRows rows(Step step) {
    return switch (step) {
      case Step.Pull pull -> copy(pull.from(), pull.to());
      case Step.Push push -> copy(push.from(), push.to());
      case Step.Permute permute -> permute(permute);
      case Step.Scatter scatter -> scatters.build(scatter);
      case Step.Reduce reduce -> sums.build(reduce);
      case Step.Reorder reorder -> whole.of(rowCount(reorder.from()));
    };
  }

  private StepRows.Copy copy(Buffer read, Buffer written) {
    int count = rowCount(written);
    if (read.content().equals(written.content())) {
      return copy.of(count, null);
    }
    return copy.of(count, fromRows(read, needed(written.source(), written.content())));
  }

  private int[] fromRows(Buffer read, TokenSet tokens) {
    from = Grown.ints(from, tokens.count());
    Scope holds = read.content();
    rowsIn(holds, needed(read.source(), holds), tokens, from);
    return from;
  }

  /**
   * Writes the rows in which tokens lie in a buffer.
   *
   * @param holds what the buffer holds
   * @param content the tokens of {@code holds}
   * @param tokens of the content
   */
  void rowsIn(Scope holds, TokenSet content, TokenSet tokens, int[] rows) {
    tokens.copyTo(rows, 0);
    if (holds.kind() != Scope.Kind.ALL) {
      content.positions(rows, 0, tokens.count(), 0);
    }
  }

  private StepRows.Scatter permute(Step.Permute step) {
    int source = step.from().source();
    int rank = step.rank();
    // an EXPERT buffer's scope is its rank
    Scope here = step.to().scope();
    TokenSet tokens = needed(source, here);
    int count = tokens.count();
    int[] read = step.from().content().equals(here) ? null : fromRows(step.from(), tokens);
    if (shape.rowPerSlot()) {
      SlotRows slots = slotRows(source, rank);
      return scatter.of(count, read, slots.start(), null, slots.tokenRows());
    }
    int first = expertRows(rank).firstRowOfSource(source);
    start = Grown.ints(start, count + 1);
    to = Grown.ints(to, count);
    for (int i = 0; i < count; i++) {
      start[i] = i;
      to[i] = first + i;
    }
    start[count] = count;
    return scatter.of(count, read, start, null, to);
  }
}
