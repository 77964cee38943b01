package io.moelink.layout.combine;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * A level of the tree of reductions above the card. A rank that reduces at a level for a source
 * adds one partial of itself and one of each contributor, which lies at that contributor's rank.
 */
public enum ReduceLevel {
  /** The ranks of a VNode, at the VNode's entry for the source. */
  VNODE {
    @Override
    public boolean exists(Topology topology) {
      return true;
    }

    @Override
    boolean reducesAt(Topology topology, int rank, int source) {
      return topology.entry(source, topology.vnodeOf(rank)) == rank;
    }

    @Override
    public List<Contributor> contributors(Topology topology, int rank, int source) {
      List<Contributor> contributors = new ArrayList<>();
      contributors.add(new Contributor(rank, Scope.rank(rank)));
      for (int peer : topology.peers(rank)) {
        contributors.add(new Contributor(peer, Scope.rank(peer)));
      }
      return contributors;
    }

    @Override
    public Scope result(Topology topology, int rank) {
      return Scope.vnode(topology.vnodeOf(rank));
    }
  },
  /**
   * The VNodes of a domain (a node on most fabrics), at the gate of the source into that domain.
   */
  DOMAIN {
    @Override
    public boolean exists(Topology topology) {
      return topology.hasDomainLevel();
    }

    @Override
    boolean reducesAt(Topology topology, int rank, int source) {
      return source == rank
          || topology.domainOf(source) != topology.domainOf(rank)
              && topology.gate(source, topology.domainOf(rank)) == rank;
    }

    @Override
    public List<Contributor> contributors(Topology topology, int rank, int source) {
      int own = topology.vnodeOf(rank);
      List<Contributor> contributors = new ArrayList<>();
      contributors.add(new Contributor(rank, Scope.vnode(own)));
      for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
        if (vnode != own && topology.domainOfVnode(vnode) == topology.domainOf(rank)) {
          contributors.add(new Contributor(topology.entry(source, vnode), Scope.vnode(vnode)));
        }
      }
      return contributors;
    }

    @Override
    public Scope result(Topology topology, int rank) {
      return Scope.domain(topology.domainOf(rank));
    }
  },
  /** The domains, at the source itself. */
  TOP {
    @Override
    public boolean exists(Topology topology) {
      return topology.hasTopLevel();
    }

    @Override
    boolean reducesAt(Topology topology, int rank, int source) {
      return source == rank;
    }

    @Override
    public List<Contributor> contributors(Topology topology, int rank, int source) {
      int own = topology.domainOf(rank);
      List<Contributor> contributors = new ArrayList<>();
      contributors.add(new Contributor(rank, Scope.domain(own)));
      for (int domain = 0; domain < topology.domainCount(); domain++) {
        if (domain != own) {
          contributors.add(new Contributor(topology.gate(source, domain), Scope.domain(domain)));
        }
      }
      return contributors;
    }

    @Override
    public Scope result(Topology topology, int rank) {
      return Scope.ALL;
    }
  };

  /**
   * One addend of a reduction: bit i of a mask stands for contributor i.
   *
   * @param rank where the partial lies
   * @param present the tokens it is there for
   */
  public record Contributor(int rank, Scope present) {}

  /** Whether this topology has the level. */
  public abstract boolean exists(Topology topology);

  abstract boolean reducesAt(Topology topology, int rank, int source);

  /** The addends, in the order of bits: the rank itself first. */
  public abstract List<Contributor> contributors(Topology topology, int rank, int source);

  /** The tokens that a partial of this level is there for. */
  public abstract Scope result(Topology topology, int rank);

  /** The sources that {@code rank} reduces for: itself first, then the others ascending. */
  public int[] sources(Topology topology, int rank) {
    List<Integer> sources = new ArrayList<>();
    sources.add(rank);
    for (int source = 0; source < topology.rankCount(); source++) {
      if (source != rank && reducesAt(topology, rank, source)) {
        sources.add(source);
      }
    }
    return sources.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The levels that a topology has, from the leaves to the source. */
  public static List<ReduceLevel> of(Topology topology) {
    return java.util.Arrays.stream(values()).filter(level -> level.exists(topology)).toList();
  }
}
