package io.moelink.layout.topology;

/** The presets that are not the reference fabric. */
final class OtherPresets {
  private static final int CARDS_PER_SERVER = 8;
  private static final int CARDS_PER_GROUP = 4;

  private OtherPresets() {}

  /**
   * The older optical-switch fabric: rank = 2 * card + die, groups of cards {0-3} and {4-7}. A
   * VNode is the four dies of one index in one group, the only ranks that all reach one another;
   * the two VNodes of a group are a domain, joined by the die-to-die links of its cards.
   */
  static Topology ocs(String name) {
    LinkFigures figures = LinkFigures.fabric("ocs");
    Link p2p = figures.link(LinkKind.P2P);
    Link d2d = figures.link(LinkKind.D2D);
    TopologyBuilder builder = Topology.builder(name, 2 * CARDS_PER_SERVER);
    memory(builder, figures.die());
    for (int card = 0; card < CARDS_PER_SERVER; card++) {
      int group = card / CARDS_PER_GROUP;
      int mateCard = Ubbv2Preset.MATE_IN_NODE[card];
      for (int die = 0; die < 2; die++) {
        int rank = 2 * card + die;
        builder.rank(rank, new RankCoordinates(0, group, 2 * group + die, card, die));
        for (int peer = group * CARDS_PER_GROUP; peer < (group + 1) * CARDS_PER_GROUP; peer++) {
          if (peer != card) {
            builder.link(rank, 2 * peer + die, p2p);
          }
        }
        builder.link(rank, 2 * card + 1 - die, d2d).mate(rank, 2 * card + 1 - die);
        builder.link(rank, 2 * mateCard + die, p2p).mate(rank, 2 * mateCard + die);
      }
    }
    return builder.build();
  }

  /** 8 cards, groups {0-3} and {4-7}, PCIe links to the peers and to one mate. */
  static Topology pcie(String name) {
    LinkFigures figures = LinkFigures.fabric("pcie");
    Link pcie = figures.link(LinkKind.PCIE);
    TopologyBuilder builder = Topology.builder(name, CARDS_PER_SERVER);
    memory(builder, figures.card());
    for (int rank = 0; rank < CARDS_PER_SERVER; rank++) {
      int group = rank / CARDS_PER_GROUP;
      builder.rank(rank, new RankCoordinates(0, 0, group, rank, 0));
      allOf(builder, rank, group * CARDS_PER_GROUP, (group + 1) * CARDS_PER_GROUP, pcie);
      int mate = Ubbv2Preset.MATE_IN_NODE[rank];
      builder.link(rank, mate, pcie).mate(rank, mate);
    }
    return builder.build();
  }

  /** Servers of 8 cards: a server is a node, a domain and a VNode. */
  static Topology nvlink(String name, int nodeCount) {
    LinkFigures figures = LinkFigures.fabric("nvlink");
    Link nvlink = figures.link(LinkKind.NVLINK);
    Link rdma = figures.link(LinkKind.RDMA);
    TopologyBuilder builder = Topology.builder(name, nodeCount * CARDS_PER_SERVER);
    memory(builder, figures.card());
    for (int rank = 0; rank < nodeCount * CARDS_PER_SERVER; rank++) {
      int node = rank / CARDS_PER_SERVER;
      builder.rank(rank, new RankCoordinates(node, node, node, rank, 0));
      allOf(builder, rank, node * CARDS_PER_SERVER, (node + 1) * CARDS_PER_SERVER, nvlink);
      for (int other = 0; other < nodeCount; other++) {
        if (other != node) {
          int mate = other * CARDS_PER_SERVER + rank % CARDS_PER_SERVER;
          builder.link(rank, mate, rdma).mate(rank, mate);
        }
      }
    }
    return builder.build();
  }

  /** One host, one VNode. */
  static Topology flat(String name, int rankCount) {
    LinkFigures figures = LinkFigures.fabric("flat");
    TopologyBuilder builder = Topology.builder(name, rankCount);
    memory(builder, figures.card());
    for (int rank = 0; rank < rankCount; rank++) {
      builder.rank(rank, new RankCoordinates(0, 0, 0, rank, 0));
      allOf(builder, rank, 0, rankCount, figures.link(LinkKind.SHARED));
    }
    return builder.build();
  }

  private static void memory(TopologyBuilder builder, LinkFigures.Memory memory) {
    builder.memory(memory.localCopyGigabytesPerSecond(), memory.memoryGigabytesPerSecond());
  }

  private static void allOf(TopologyBuilder builder, int rank, int first, int end, Link link) {
    for (int other = first; other < end; other++) {
      if (other != rank) {
        builder.link(rank, other, link);
      }
    }
  }
}
