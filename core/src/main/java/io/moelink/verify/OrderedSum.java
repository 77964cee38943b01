package io.moelink.verify;

import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.SumOrder;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * The combined row of one token, by the rules of page 3.3 of the specification: float32, each
 * product rounded, then each sum; at a card by ascending slot; every partial rounded to the partial
 * type.
 */
public final class OrderedSum {
  private final Topology topology;
  private final ExpertPlacement placement;
  private final SumOrder order;
  private final ElementType partialType;

  public OrderedSum(
      Topology topology, ExpertPlacement placement, SumOrder order, ElementType partialType) {
    this.topology = topology;
    this.placement = placement;
    this.order = order;
    this.partialType = partialType;
  }

  /**
   * The sum before it is rounded to the row's type.
   *
   * @param source the token's rank
   * @param rows the experts' rows by slot, {@code [K][H]}; not read where a slot has no expert
   * @param weighted whether rows are multiplied by their weights
   */
  public float[] sum(
      TopK topK, int source, int token, float[][] rows, int hidden, boolean weighted) {
    float[][] cards = new float[topology.rankCount()][];
    for (int slot = 0; slot < topK.topK(); slot++) {
      int expert = topK.id(token, slot);
      if (expert != TopK.NONE) {
        int rank = placement.rankOf(expert);
        float[] term = rows[slot].clone();
        if (weighted) {
          for (int i = 0; i < hidden; i++) {
            term[i] = topK.weight(token, slot) * term[i];
          }
        }
        cards[rank] = cards[rank] == null ? term : add(cards[rank], term);
      }
    }
    return sumPartials(cards, source, hidden);
  }

  /**
   * The sum of one partial per rank; null where a rank has none.
   *
   * @param cards {@code [R][H]}
   */
  public float[] sumPartials(float[][] cards, int source, int hidden) {
    for (float[] card : cards) {
      round(card);
    }
    float[] sum = order == SumOrder.BY_RANK ? addAll(cards) : tree(cards, source);
    return sum == null ? new float[hidden] : sum;
  }

  private float[] tree(float[][] cards, int source) {
    float[][] vnodes = new float[topology.vnodeCount()][];
    for (int vnode = 0; vnode < vnodes.length; vnode++) {
      vnodes[vnode] = addFirst(topology.entry(source, vnode), topology.ranksOfVnode(vnode), cards);
    }
    if (topology.vnodeCount() == 1) {
      return vnodes[0];
    }
    float[][] domains = new float[topology.domainCount()][];
    for (int domain = 0; domain < domains.length; domain++) {
      boolean own = topology.domainOf(source) == domain;
      int gate = own ? source : topology.gate(source, domain);
      List<Integer> members = new ArrayList<>();
      for (int vnode = 0; vnode < vnodes.length; vnode++) {
        if (topology.domainOfVnode(vnode) == domain) {
          round(vnodes[vnode]);
          members.add(vnode);
        }
      }
      domains[domain] =
          addFirst(
              topology.vnodeOf(gate),
              members.stream().mapToInt(Integer::intValue).toArray(),
              vnodes);
    }
    if (topology.domainCount() == 1) {
      return domains[0];
    }
    int[] all = new int[domains.length];
    for (int domain = 0; domain < all.length; domain++) {
      round(domains[domain]);
      all[domain] = domain;
    }
    return addFirst(topology.domainOf(source), all, domains);
  }

  /** Adds {@code first}, then the other members in their order. */
  private static float[] addFirst(int first, int[] members, float[][] values) {
    List<Integer> order = new ArrayList<>();
    order.add(first);
    for (int member : members) {
      if (member != first) {
        order.add(member);
      }
    }
    float[] sum = null;
    for (int member : order) {
      if (values[member] != null) {
        sum = sum == null ? values[member].clone() : add(sum, values[member]);
      }
    }
    return sum;
  }

  private static float[] addAll(float[][] values) {
    int[] all = new int[values.length];
    java.util.Arrays.setAll(all, i -> i);
    return addFirst(0, all, values);
  }

  private static float[] add(float[] sum, float[] term) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] = sum[i] + term[i];
    }
    return sum;
  }

  private void round(float[] partial) {
    if (partial != null) {
      for (int i = 0; i < partial.length; i++) {
        partial[i] = RowCodec.round(partialType, partial[i]);
      }
    }
  }
}
