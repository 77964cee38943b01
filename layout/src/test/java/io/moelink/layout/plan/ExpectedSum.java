package io.moelink.layout.plan;

import io.moelink.layout.dispatch.RoutingCase;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * What combine must add for one token and in which order, read off page 3.3 and raw ids, in the
 * notation of {@link SymbolicExecutor}.
 *
 * @param rowPerSlot whether an expert row stands for a slot, or for all slots of a token on a rank
 */
record ExpectedSum(RoutingCase input, boolean rowPerSlot, int source, int token) {
  /** At the card by ascending slot, at the source by ascending rank. */
  String byRank() {
    List<String> cards = new ArrayList<>();
    for (int rank = 0; rank < input.ranks(); rank++) {
      add(cards, card(rank));
    }
    return total(cards);
  }

  /** Card, VNode, domain, source; at each the reducing rank's own part first. */
  String byLevels() {
    int own = input.topology().domainOf(source);
    List<String> domains = new ArrayList<>();
    add(domains, domain(own));
    for (int domain = 0; domain < input.topology().domainCount(); domain++) {
      if (domain != own) {
        add(domains, domain(domain));
      }
    }
    return total(domains);
  }

  private String domain(int domain) {
    Topology topology = input.topology();
    int first = topology.vnodeOf(topology.gate(source, domain));
    List<String> vnodes = new ArrayList<>();
    add(vnodes, vnode(first));
    for (int vnode : topology.vnodesOfDomain(domain)) {
      if (vnode != first) {
        add(vnodes, vnode(vnode));
      }
    }
    return sum(vnodes);
  }

  private String vnode(int vnode) {
    int entry = input.topology().entry(source, vnode);
    List<String> cards = new ArrayList<>();
    add(cards, card(entry));
    for (int rank : input.topology().ranksOfVnode(vnode)) {
      if (rank != entry) {
        add(cards, card(rank));
      }
    }
    return sum(cards);
  }

  private String card(int rank) {
    TopK choices = input.choices().get(source);
    List<String> slots = new ArrayList<>();
    for (int k = 0; k < input.topK(); k++) {
      int expert = choices.id(token, k);
      if (expert >= 0 && input.placement().rankOf(expert) == rank) {
        slots.add(choices.weight(token, k) + "*s" + source + "t" + token + "k" + k);
      }
    }
    if (slots.isEmpty()) {
      return null;
    }
    return rowPerSlot
        ? SymbolicExecutor.bracket('(', slots, ')')
        : "s" + source + "t" + token + "@" + rank;
  }

  private static void add(List<String> addends, String addend) {
    if (addend != null) {
      addends.add(addend);
    }
  }

  private static String sum(List<String> addends) {
    return addends.isEmpty() ? null : SymbolicExecutor.bracket('[', addends, ']');
  }

  private static String total(List<String> addends) {
    return addends.isEmpty() ? "0" : sum(addends);
  }
}
