package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;

/**
 * Every rank reads, or is sent, each row that it needs once, straight from its source; the source
 * sums the partials of all ranks, by ascending rank.
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
    // each rank begins with itself and goes round, so that no source is read by all at once
    for (int turn = 0; turn < ranks; turn++) {
      for (int rank = 0; rank < ranks; rank++) {
        int source = (rank + turn) % ranks;
        Buffer rows = plan.bring(Buffer.input(source), rank, Scope.rank(rank));
        plan.add(new Step.Permute(rows, Buffer.expert(rank)));
      }
    }
    return plan.buildDispatch(name());
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
