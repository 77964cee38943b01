package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import java.util.List;

/**
 * One thing that one rank does. A step may start when every buffer that it reads is complete, and
 * completes the buffer that it writes (several {@link Permute} steps fill one EXPERT buffer
 * together).
 */
public sealed interface Step {
  /** The buffer that it writes. */
  Buffer to();

  /** The rank that runs it: the one that has the written buffer, unless a step says otherwise. */
  default int rank() {
    return to().rank();
  }

  /** The buffers that must be complete before it starts. */
  List<Buffer> reads();

  /** A step that reads one buffer. */
  sealed interface OneToOne extends Step {
    /** The buffer that it reads. */
    Buffer from();

    @Override
    default List<Buffer> reads() {
      return List.of(from());
    }
  }

  /** Brings rows from another rank's buffer, driven by the receiver. */
  record Pull(Buffer from, Buffer to) implements OneToOne {}

  /** Brings rows to another rank's buffer, driven by the sender, chunk by chunk. */
  record Push(Buffer from, Buffer to) implements OneToOne {
    @Override
    public int rank() {
      return from.rank();
    }
  }

  /**
   * Places the rows that this rank's experts need: each is read once and written to all its rows.
   */
  record Permute(Buffer from, Buffer to) implements OneToOne {}

  /**
   * Sums, for each token of the written buffer, the addends that are there for it, in their order.
   * An EXPERT addend is the weighted sum of the token's rows there by ascending slot, rounded to
   * the type of partials before it is added.
   */
  record Reduce(List<Addend> addends, Buffer to) implements Step {
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
  record Reorder(Buffer from, Buffer to) implements OneToOne {}
}
