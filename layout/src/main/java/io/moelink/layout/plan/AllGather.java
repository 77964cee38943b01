package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * The baseline: every rank gets every row. Ranks of the same index in two nodes exchange all their
 * rows, all ranks of a node gather all rows that lie in it, and each keeps what it needs by a local
 * permute. Combine sends a dense partial of every token back to its source.
 */
final class AllGather implements Algorithm {
  @Override
  public String name() {
    return "allgather";
  }

  @Override
  public SumOrder sumOrder() {
    return SumOrder.BY_RANK;
  }

  @Override
  public Plan dispatch(PlanRequest request) {
    PlanBuilder plan = new PlanBuilder(request);
    Topology topology = request.topology();
    int ranks = topology.rankCount();
    List<List<Integer>> nodes = ranksByNode(topology);
    Buffer[] rows = new Buffer[ranks * ranks];
    for (int pass = 0; pass < 2; pass++) {
      // first what comes from other nodes to the rank of the same index, then all inside the node
      for (int rank = 0; rank < ranks; rank++) {
        List<Integer> node = nodes.get(topology.nodeOf(rank));
        for (int turn = 0; turn < ranks; turn++) {
          int source = (rank + turn) % ranks;
          int index = nodes.get(topology.nodeOf(source)).indexOf(source);
          int holder = node.get(index % node.size());
          boolean abroad = topology.nodeOf(source) != topology.nodeOf(rank);
          if (source == rank) {
            rows[turn * ranks + rank] = Buffer.input(rank);
          } else if (pass == 0 ? abroad && holder == rank : !(abroad && holder == rank)) {
            Buffer from =
                abroad && holder != rank
                    ? Buffer.staging(holder, source, Scope.ALL)
                    : Buffer.input(source);
            rows[turn * ranks + rank] = plan.move(from, rank, Scope.ALL);
          }
        }
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
          Buffer dense = plan.denseCardPartial(rank, source);
          return new Step.Addend(plan.bring(dense, source, dense.scope()), dense.scope());
        });
    return plan.buildCombine(name());
  }

  private static List<List<Integer>> ranksByNode(Topology topology) {
    List<List<Integer>> nodes = new ArrayList<>();
    for (int node = 0; node < topology.nodeCount(); node++) {
      nodes.add(new ArrayList<>());
    }
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      nodes.get(topology.nodeOf(rank)).add(rank);
    }
    return nodes;
  }
}
