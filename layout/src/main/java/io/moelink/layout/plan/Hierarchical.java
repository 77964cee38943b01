package io.moelink.layout.plan;

import io.moelink.layout.combine.ReduceLevel;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The relay chains of the topology: a row enters every VNode that needs it once, at the entry of
 * its source, and the peers read it there. Combine is the same tree with a reduction at every rank
 * on the way back. Which rank is an entry, and through whom, is the topology's relay table; there
 * is no other knowledge of a fabric here.
 */
final class Hierarchical implements Algorithm {
  @Override
  public String name() {
    return "hierarchical";
  }

  @Override
  public SumOrder sumOrder() {
    return SumOrder.BY_TREE;
  }

  @Override
  public boolean stages() {
    return true;
  }

  @Override
  public Plan dispatch(PlanRequest request) {
    PlanBuilder plan = new PlanBuilder(request);
    Topology topology = request.topology();
    int ranks = topology.rankCount();
    stage(plan, true);
    for (int rank = 0; rank < ranks; rank++) {
      permute(plan, rank, Buffer.input(rank));
      for (int peer : topology.peers(rank)) {
        permute(plan, rank, Buffer.input(peer));
      }
    }
    stage(plan, false);
    for (int rank = 0; rank < ranks; rank++) {
      for (int source : strangersByArrival(topology, rank)) {
        permute(plan, rank, stagedFor(request, source, rank));
      }
    }
    return plan.buildDispatch(name());
  }

  /** Brings rows to the entries: first hops from the sources, or next hops from other entries. */
  private static void stage(PlanBuilder plan, boolean firstHops) {
    Topology topology = plan.topology();
    StagingPolicy policy = plan.request().staging();
    for (int source = 0; source < topology.rankCount(); source++) {
      for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
        int via = topology.via(source, vnode);
        if (vnode == topology.vnodeOf(source) || (via == source) != firstHops) {
          continue;
        }
        int entry = topology.entry(source, vnode);
        Buffer from =
            firstHops
                ? Buffer.input(source)
                : Buffer.staging(via, source, policy.partForVnode(topology, source, via, vnode));
        for (Scope part : policy.parts(topology, source, entry)) {
          plan.move(from, entry, part);
        }
      }
    }
  }

  private static void permute(PlanBuilder plan, int rank, Buffer rows) {
    plan.add(new Step.Permute(plan.bring(rows, rank, Scope.rank(rank)), Buffer.expert(rank)));
  }

  /** The buffer in which a rank finds the rows of a source outside its VNode. */
  private static Buffer stagedFor(PlanRequest request, int source, int rank) {
    Topology topology = request.topology();
    StagingPolicy policy = request.staging();
    int vnode = topology.vnodeOf(rank);
    int entry = topology.entry(source, vnode);
    Scope part = policy.partFor(topology, source, entry, rank);
    if (part != null) {
      return Buffer.staging(entry, source, part);
    }
    int via = topology.via(source, vnode);
    return via == source
        ? Buffer.input(source)
        : Buffer.staging(via, source, policy.partForVnode(topology, source, via, vnode));
  }

  /** Sources outside the rank's VNode: those one hop away first, and the faster link first. */
  private static List<Integer> strangersByArrival(Topology topology, int rank) {
    int vnode = topology.vnodeOf(rank);
    List<Integer> sources = new ArrayList<>();
    for (int source = 0; source < topology.rankCount(); source++) {
      if (topology.vnodeOf(source) != vnode) {
        sources.add(source);
      }
    }
    sources.sort(
        Comparator.<Integer>comparingInt(s -> topology.via(s, vnode) == s ? 0 : 1)
            .thenComparingDouble(
                s ->
                    -topology.routeGigabytesPerSecond(
                        topology.via(s, vnode), topology.entry(s, vnode))));
    return sources;
  }

  @Override
  public Plan combine(PlanRequest request) {
    PlanBuilder plan = new PlanBuilder(request);
    Topology topology = request.topology();
    List<ReduceLevel> levels = ReduceLevel.of(topology);
    for (int i = 0; i < levels.size(); i++) {
      ReduceLevel level = levels.get(i);
      ReduceLevel below = i == 0 ? null : levels.get(i - 1);
      boolean last = i == levels.size() - 1;
      // what has the longest way to go is reduced first, and of those what has the slowest link
      for (int hops = 2; hops >= 0; hops--) {
        for (int rank = 0; rank < topology.rankCount(); rank++) {
          for (int source : slowestWayFirst(topology, rank, level.sources(topology, rank))) {
            if (hopsTo(topology, source, rank) == hops) {
              plan.add(reduce(plan, level, below, last, rank, source));
            }
          }
        }
      }
    }
    return plan.buildCombine(name());
  }

  /**
   * Sources by the rate of the first link on the way back to them, so that the slowest link never
   * waits for sums that a faster one carries.
   */
  private static List<Integer> slowestWayFirst(Topology topology, int rank, int[] sources) {
    int vnode = topology.vnodeOf(rank);
    List<Integer> sorted = new ArrayList<>();
    for (int source : sources) {
      sorted.add(source);
    }
    // the sort is stable: equal links keep the order of ranks
    sorted.sort(
        Comparator.comparingDouble(
            source -> wayGigabytesPerSecond(topology, rank, topology.via(source, vnode))));
    return sorted;
  }

  private static double wayGigabytesPerSecond(Topology topology, int from, int to) {
    return from == to ? Double.POSITIVE_INFINITY : topology.routeGigabytesPerSecond(from, to);
  }

  private static int hopsTo(Topology topology, int source, int rank) {
    if (source == rank) {
      return 0;
    }
    return topology.via(source, topology.vnodeOf(rank)) == source ? 1 : 2;
  }

  private static Step reduce(
      PlanBuilder plan, ReduceLevel level, ReduceLevel below, boolean last, int rank, int source) {
    List<Step.Addend> addends = new ArrayList<>();
    List<ReduceLevel.Contributor> contributors = level.contributors(plan.topology(), rank, source);
    int[] ranks = contributors.stream().mapToInt(ReduceLevel.Contributor::rank).toArray();
    for (ReduceLevel.Contributor from : contributors) {
      Scope present = from.present();
      Buffer partial =
          below == null
              ? plan.cardAddend(from.rank(), source, rank, ranks).buffer()
              : Buffer.partial(from.rank(), source, below.result(plan.topology(), from.rank()));
      addends.add(new Step.Addend(plan.bring(partial, rank, partial.scope()), present));
    }
    Buffer to =
        last
            ? Buffer.output(source)
            : Buffer.partial(rank, source, level.result(plan.topology(), rank));
    return new Step.Reduce(addends, to);
  }
}
