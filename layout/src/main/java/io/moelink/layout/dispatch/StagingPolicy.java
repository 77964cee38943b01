package io.moelink.layout.dispatch;

import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * What the entry of a VNode stages of one source outside it, for its peers and for the next hops.
 */
public enum StagingPolicy {
  /** Every token of the source. */
  FULL,
  /** One buffer for each peer, and one for each VNode that reads on from here. */
  PER_PEER,
  /** Each token that any rank behind this entry needs, once. */
  UNION;

  /**
   * The parts of the staging buffer, in order, that {@code entry} holds of {@code source}; {@code
   * entry} must be the rank through which the source reaches that VNode.
   */
  public List<Scope> parts(Topology topology, int source, int entry) {
    return switch (this) {
      case FULL -> List.of(Scope.ALL);
      case UNION -> List.of(union(topology, source, entry));
      case PER_PEER -> {
        List<Scope> parts = new ArrayList<>();
        for (int peer : topology.peers(entry)) {
          parts.add(Scope.rank(peer));
        }
        for (int vnode : nextVnodes(topology, source, entry)) {
          parts.add(Scope.vnode(vnode));
        }
        yield parts;
      }
    };
  }

  private static Scope union(Topology topology, int source, int entry) {
    return readsOn(topology, source, entry)
        ? Scope.domain(topology.domainOf(entry))
        : Scope.vnode(topology.vnodeOf(entry));
  }

  /**
   * Which part of the staging buffer of {@code entry} a rank of its VNode reads, or null where the
   * entry reads its own rows one hop earlier (it keeps none for itself under PER_PEER).
   */
  public Scope partFor(Topology topology, int source, int entry, int reader) {
    if (this != PER_PEER) {
      return parts(topology, source, entry).getFirst();
    }
    return reader == entry ? null : Scope.rank(reader);
  }

  /** Which part of the staging buffer of {@code via} the entry of {@code vnode} reads. */
  public Scope partForVnode(Topology topology, int source, int via, int vnode) {
    return this == PER_PEER ? Scope.vnode(vnode) : parts(topology, source, via).getFirst();
  }

  /**
   * VNodes, ascending, whose entry reads the rows of {@code source} from {@code entry}, a rank that
   * stages them: the other VNodes of its domain, if the source came into that domain here.
   */
  public static List<Integer> nextVnodes(Topology topology, int source, int entry) {
    List<Integer> next = new ArrayList<>();
    if (readsOn(topology, source, entry)) {
      for (int vnode : topology.vnodesOfDomain(topology.domainOf(entry))) {
        if (vnode != topology.vnodeOf(entry)) {
          next.add(vnode);
        }
      }
    }
    return next;
  }

  /** Whether other entries read the rows of {@code source} from {@code entry}. */
  private static boolean readsOn(Topology topology, int source, int entry) {
    int domain = topology.domainOf(entry);
    return domain != topology.domainOf(source) && topology.gate(source, domain) == entry;
  }
}
