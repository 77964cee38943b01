package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import java.util.List;

/**
 * One thing that one rank does. A step may start when every buffer that it reads is complete, and
 * completes the buffers that it writes (several {@link Permute} and {@link Scatter} steps fill one
 * EXPERT buffer together).
 */
public sealed interface Step {
  /** The rank that runs it. */
  int rank();

  /** The buffers that must be complete before it starts. */
  List<Buffer> reads();

  /** The buffers that it writes. */
  List<Buffer> writes();

  /** A step that writes one buffer, at the rank that has it unless a step says otherwise. */
  sealed interface ToOne extends Step {
    /** The buffer that it writes. */
    Buffer to();

    @Override
    default int rank() {
      return to().rank();
    }

    @Override
    default List<Buffer> writes() {
      return List.of(to());
    }
  }

  /** A step that reads one buffer. */
  sealed interface FromOne extends Step {
    /** The buffer that it reads. */
    Buffer from();

    @Override
    default List<Buffer> reads() {
      return List.of(from());
    }
  }

  /** Brings rows from another rank's buffer, driven by the receiver. */
  record Pull(Buffer from, Buffer to) implements FromOne, ToOne {}

  /** Brings rows to another rank's buffer, driven by the sender, chunk by chunk. */
  record Push(Buffer from, Buffer to) implements FromOne, ToOne {
    @Override
    public int rank() {
      return from.rank();
    }
  }

  /**
   * Places the rows that this rank's experts need: each is read once and written to all its rows.
   */
  record Permute(Buffer from, Buffer to) implements FromOne, ToOne {}

  /**
   * Places rows where the experts of several ranks need them, driven by the sender: each is read
   * once and written to all its rows at all of those ranks. For memory that ranks share: over a
   * link each copy of a row would go by itself.
   *
   * @param from of the rank that runs it
   * @param to EXPERT buffers, this rank's among them or not
   */
  record Scatter(Buffer from, List<Buffer> to) implements FromOne {
    public Scatter {
      to = List.copyOf(to);
    }

    @Override
    public int rank() {
      return from.rank();
    }

    @Override
    public List<Buffer> writes() {
      return to;
    }
  }

  /**
   * Sums, for each token of the written buffer, the addends that are there for it, in their order.
   * An EXPERT addend is the weighted sum of the token's rows there by ascending slot, rounded to
   * the type of partials before it is added.
   */
  record Reduce(List<Addend> addends, Buffer to) implements ToOne {
    public Reduce {
      addends = List.copyOf(addends);
    }

    @Override
    public List<Buffer> reads() {
      return addends.stream().map(Addend::buffer).toList();
    }
  }

  /**
   * One source of a {@link Reduce}.
   *
   * @param buffer where its rows lie
   * @param present the tokens that it holds a sum for; others of its rows are not read
   */
  record Addend(Buffer buffer, Scope present) {}

  /** Transposes between column-major and row-major rows of the same buffer. */
  record Reorder(Buffer from, Buffer to) implements FromOne, ToOne {}
}
