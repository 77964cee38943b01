package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects the steps of a plan, and knows how rows get from one rank's memory to another's. */
final class PlanBuilder {
  private final PlanRequest request;
  private final List<List<Step>> steps = new ArrayList<>();
  private final Set<Buffer> written = new HashSet<>();

  PlanBuilder(PlanRequest request) {
    this.request = request;
    for (int rank = 0; rank < request.topology().rankCount(); rank++) {
      steps.add(new ArrayList<>());
    }
  }

  Topology topology() {
    return request.topology();
  }

  PlanRequest request() {
    return request;
  }

  void add(Step step) {
    steps.get(step.rank()).add(step);
    written.addAll(step.writes());
  }

  /** Puts a copy of what {@code scope} needs of a buffer into memory of another rank. */
  Buffer move(Buffer from, int toRank, Scope scope) {
    Buffer to =
        from.kind() == BufferKind.INPUT
            ? Buffer.staging(toRank, from.source(), scope)
            : from.at(toRank, scope);
    if (!written.contains(to)) {
      add(
          request.reach().loads(toRank, from.rank())
              ? new Step.Pull(from, to)
              : new Step.Push(from, to));
    }
    return to;
  }

  /**
   * A buffer that kernels of {@code reader} can load: the given one where they reach it, else a
   * copy of what {@code scope} needs.
   */
  Buffer bring(Buffer from, int reader, Scope scope) {
    if (from.rank() == reader || request.reach().loads(reader, from.rank())) {
      return from;
    }
    return move(from, reader, scope);
  }

  /** Moves a buffer hop by hop to the last rank before {@code to} on the way there. */
  Buffer carry(Buffer from, int to, Scope scope) {
    Buffer at = from;
    int[] route = topology().route(from.rank(), to);
    for (int hop = 0; hop < route.length - 1; hop++) {
      at = move(at, route[hop], scope);
    }
    return at;
  }

  /**
   * The addend of one rank's experts for a source, for {@code reader} to sum with those of the
   * other {@code ranks}: the expert rows themselves where they lie in memory that the reader
   * shares, else the partial that the rank makes of them. All addends of a sum have one type, so
   * where partials do not have that of rows, they are all rows or all partials.
   */
  Step.Addend cardAddend(int rank, int source, int reader, int[] ranks) {
    Scope scope = Scope.rank(rank);
    boolean rows = request.rowPartials() ? shares(reader, rank) : sharesAll(reader, ranks);
    return new Step.Addend(rows ? Buffer.expert(rank) : cardPartial(rank, source), scope);
  }

  private boolean sharesAll(int reader, int[] ranks) {
    for (int rank : ranks) {
      if (!shares(reader, rank)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a rank's kernels work on another's memory as they do on their own. */
  boolean shares(int rank, int other) {
    return rank == other
        || Reach.sharesMemory(topology(), rank, other) && request.reach().loads(rank, other);
  }

  /** The partial that a rank makes of its own experts' rows for a source. */
  Buffer cardPartial(int rank, int source) {
    return cardPartial(Buffer.partial(rank, source, Scope.rank(rank)));
  }

  /** The same with a row for every token of the source. */
  Buffer denseCardPartial(int rank, int source) {
    return cardPartial(Buffer.partial(rank, source, Scope.rank(rank)).asDense());
  }

  private Buffer cardPartial(Buffer partial) {
    if (!written.contains(partial)) {
      Step.Addend own = new Step.Addend(Buffer.expert(partial.rank()), partial.scope());
      add(new Step.Reduce(List.of(own), partial));
    }
    return partial;
  }

  Plan build(String name) {
    return new Plan(name, steps);
  }

  /** Reorders the caller's input first and the expert rows last, if the caller is column-major. */
  Plan buildDispatch(String algorithm) {
    if (request.columnMajor()) {
      for (int rank = 0; rank < steps.size(); rank++) {
        steps.get(rank).addFirst(reorder(rank, BufferKind.INPUT_COLUMNS, BufferKind.INPUT));
        steps.get(rank).add(reorder(rank, BufferKind.EXPERT, BufferKind.EXPERT_COLUMNS));
      }
    }
    return build(algorithm + " dispatch");
  }

  /** Reorders the expert rows first and the output last, if the caller is column-major. */
  Plan buildCombine(String algorithm) {
    if (request.columnMajor()) {
      for (int rank = 0; rank < steps.size(); rank++) {
        steps.get(rank).addFirst(reorder(rank, BufferKind.EXPERT_COLUMNS, BufferKind.EXPERT));
        steps.get(rank).add(reorder(rank, BufferKind.OUTPUT, BufferKind.OUTPUT_COLUMNS));
      }
    }
    return build(algorithm + " combine");
  }

  private static Step reorder(int rank, BufferKind from, BufferKind to) {
    return new Step.Reorder(whole(rank, from), whole(rank, to));
  }

  private static Buffer whole(int rank, BufferKind kind) {
    boolean experts = kind == BufferKind.EXPERT || kind == BufferKind.EXPERT_COLUMNS;
    return new Buffer(rank, kind, rank, experts ? Scope.rank(rank) : Scope.ALL);
  }
}
