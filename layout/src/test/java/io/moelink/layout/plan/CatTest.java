package io.moelink.layout.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingCase;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The "cat" case of page 3.2: the token "cat" of one VNode, whose 8 experts cover all four ranks of
 * another, crosses between the two once, and all four get it.
 */
class CatTest {
  @ParameterizedTest
  @ValueSource(strings = {"ubbv2-2node", "ubbv2-2node+port10"})
  void catCrossesOnceAndAllFourRanksGetIt(String preset) {
    Topology topology = Topologies.named(preset);
    for (int source = 0; source < 16; source++) {
      for (int vnode = 0; vnode < 4; vnode++) {
        if (vnode != topology.vnodeOf(source)) {
          for (StagingPolicy policy : List.of(StagingPolicy.UNION, StagingPolicy.FULL)) {
            check(cat(topology, source, vnode), source, vnode, policy);
          }
        }
      }
    }
  }

  /** One token in all: 2 experts on each rank of the VNode. */
  private static RoutingCase cat(Topology topology, int source, int vnode) {
    List<TopK> choices = new ArrayList<>();
    for (int rank = 0; rank < 16; rank++) {
      int[] ids = new int[rank == source ? 8 : 0];
      for (int k = 0; k < ids.length; k++) {
        ids[k] = topology.ranksOfVnode(vnode)[k % 4] * 16 + k;
      }
      choices.add(TopK.of(rank, ids, null, ids.length / 8, 8, 256));
    }
    return new RoutingCase(
        "cat of rank " + source + " for VNode " + vnode + " on " + topology.name(),
        topology,
        ExpertPlacement.contiguous(256, 16),
        8,
        choices);
  }

  private static void check(RoutingCase input, int source, int vnode, StagingPolicy policy) {
    Topology topology = input.topology();
    Plan plan =
        Algorithms.named("hierarchical").dispatch(PlanRequest.of(topology).withStaging(policy));
    SymbolicExecutor run = new SymbolicExecutor(plan, input, OutputShape.CANONICAL);
    run.giveInputs(false);
    run.runInOrder();
    for (int rank : topology.ranksOfVnode(vnode)) {
      assertThat(run.rows(Buffer.expert(rank)))
          .as("%s, rank %d", input, rank)
          .containsExactly("s" + source + "t0", "s" + source + "t0");
    }
    int[][] crossings = crossings(plan, input);
    int own = topology.vnodeOf(source);
    int via = topology.vnodeOf(topology.via(source, vnode));
    for (int from = 0; from < 4; from++) {
      for (int to = 0; to < 4; to++) {
        // a stranger is reached through the VNode of the mate: once into that, once on from there.
        // FULL does not look at who needs a token, so it also goes where nobody does
        boolean wanted = from == own && to == via && via != own || from == via && to == vnode;
        if (wanted || policy == StagingPolicy.UNION) {
          assertThat(crossings[from][to])
              .as("%s, %s: rows from VNode %d to %d", input, policy, from, to)
              .isEqualTo(wanted ? 1 : 0);
        }
      }
    }
  }

  /** Rows that steps move or read from one VNode to another. */
  private static int[][] crossings(Plan plan, RoutingCase input) {
    Topology topology = input.topology();
    RowBinder binder = new RowBinder(input.gathered(), OutputShape.CANONICAL);
    int[][] crossings = new int[topology.vnodeCount()][topology.vnodeCount()];
    for (int rank = 0; rank < input.ranks(); rank++) {
      for (Step step : plan.steps(rank)) {
        int rows =
            switch (binder.rows(step)) {
              case StepRows.Copy copy -> copy.count();
              case StepRows.Scatter scatter -> scatter.count();
              case StepRows.Sum sum -> throw new AssertionError("a sum in a dispatch: " + sum);
              case StepRows.Whole whole -> throw new AssertionError("a reorder: " + whole);
            };
        int from = topology.vnodeOf(step.reads().getFirst().rank());
        int to = topology.vnodeOf(step.writes().getFirst().rank());
        if (from != to) {
          crossings[from][to] += rows;
        }
      }
    }
    return crossings;
  }
}
