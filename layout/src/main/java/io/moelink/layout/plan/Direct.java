package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Every rank reads, or is sent, each row that it needs once, straight from its source; where ranks
 * share their memory, the source places it for all of them. The source sums the partials of all
 * ranks, by ascending rank.
 */
final class Direct implements Algorithm {
  @Override
  public String name() {
    return "direct";
  }

  @Override
  public SumOrder sumOrder() {
    return SumOrder.BY_RANK;
  }

  @Override
  public Plan dispatch(PlanRequest request) {
    PlanBuilder plan = new PlanBuilder(request);
    int ranks = request.topology().rankCount();
    for (int source = 0; source < ranks; source++) {
      scatter(plan, source);
    }
    // each rank begins with itself and goes round, so that no source is read by all at once
    for (int turn = 0; turn < ranks; turn++) {
      for (int rank = 0; rank < ranks; rank++) {
        int source = (rank + turn) % ranks;
        if (!scatters(plan, source, rank)) {
          Buffer rows = plan.bring(Buffer.input(source), rank, Scope.rank(rank));
          plan.add(new Step.Permute(rows, Buffer.expert(rank)));
        }
      }
    }
    return plan.buildDispatch(name());
  }

  /** Places a source's rows for all that share its memory, itself included. */
  private static void scatter(PlanBuilder plan, int source) {
    List<Buffer> experts =
        IntStream.range(0, plan.topology().rankCount())
            .filter(rank -> scatters(plan, source, rank))
            .mapToObj(Buffer::expert)
            .toList();
    if (!experts.isEmpty()) {
      plan.add(new Step.Scatter(Buffer.input(source), experts));
    }
  }

  private static boolean scatters(PlanBuilder plan, int source, int rank) {
    return rank == source ? sharesWithAnother(plan, source) : plan.shares(source, rank);
  }

  private static boolean sharesWithAnother(PlanBuilder plan, int source) {
    return IntStream.range(0, plan.topology().rankCount())
        .anyMatch(rank -> rank != source && plan.shares(source, rank));
  }

  @Override
  public Plan combine(PlanRequest request) {
    PlanBuilder plan = new PlanBuilder(request);
    SourceSum.add(
        plan,
        (rank, source) -> {
          Step.Addend addend = plan.cardAddend(rank, source, source, SourceSum.allRanks(plan));
          return new Step.Addend(
              plan.bring(addend.buffer(), source, addend.present()), addend.present());
        });
    return plan.buildCombine(name());
  }
}
