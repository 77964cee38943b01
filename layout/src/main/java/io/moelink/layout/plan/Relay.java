package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;

/**
 * The older all-to-all: a row for a rank without a link of its own goes first to a neighbour that
 * has one to the destination, is staged there, and crosses then; every destination is served by
 * itself, so a row that two ranks of a VNode need crosses twice.
 */
final class Relay implements Algorithm {
  @Override
  public String name() {
    return "relay";
  }

  @Override
  public SumOrder sumOrder() {
    return SumOrder.BY_RANK;
  }

  @Override
  public Plan dispatch(PlanRequest request) {
    PlanBuilder plan = new PlanBuilder(request);
    int ranks = request.topology().rankCount();
    Buffer[] rows = new Buffer[ranks * ranks];
    for (int turn = 0; turn < ranks; turn++) {
      for (int rank = 0; rank < ranks; rank++) {
        int source = (rank + turn) % ranks;
        Scope scope = Scope.rank(rank);
        Buffer near = plan.carry(Buffer.input(source), rank, scope);
        rows[turn * ranks + rank] = plan.bring(near, rank, scope);
      }
    }
    for (int i = 0; i < rows.length; i++) {
      plan.add(new Step.Permute(rows[i], Buffer.expert(i % ranks)));
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
          Buffer near = addend.buffer();
          if (near.kind() == BufferKind.PARTIAL) {
            near = plan.carry(near, source, addend.present());
          }
          return new Step.Addend(plan.bring(near, source, addend.present()), addend.present());
        });
    return plan.buildCombine(name());
  }
}
