package io.moelink.layout.topology;

/**
 * The reference fabric: nodes of 8 cards in 2 VNodes of 4, a rank for each card or for each die.
 *
 * <pre>
 *   rank = card            or 2 * card + die
 *   card = 8 * node + 4 * (VNode of the node) + card of the VNode
 * </pre>
 */
final class Ubbv2Preset {
  /** Card of the node to its mate card in the node. */
  static final int[] MATE_IN_NODE = {5, 4, 7, 6, 1, 0, 3, 2};

  private static final int CARDS_PER_NODE = 8;
  private static final int CARDS_PER_VNODE = 4;

  private Ubbv2Preset() {}

  static Topology build(String name, int nodeCount, boolean die, boolean port10) {
    LinkFigures figures = LinkFigures.fabric("ubbv2");
    int dies = die ? 2 : 1;
    int cardCount = nodeCount * CARDS_PER_NODE;
    TopologyBuilder builder = Topology.builder(name, cardCount * dies);
    LinkFigures.Memory memory = die ? figures.die() : figures.card();
    builder.memory(memory.localCopyGigabytesPerSecond(), memory.memoryGigabytesPerSecond());
    for (int rank = 0; rank < cardCount * dies; rank++) {
      int card = rank / dies;
      int dieOfCard = rank % dies;
      int node = card / CARDS_PER_NODE;
      int vnode = card / CARDS_PER_VNODE;
      int domain = port10 ? vnode : node;
      builder.rank(rank, new RankCoordinates(node, domain, vnode, card, dieOfCard));
      peers(builder, figures, rank, dies);
      int mateInNode = node * CARDS_PER_NODE + MATE_IN_NODE[card % CARDS_PER_NODE];
      mate(builder, rank, mateInNode * dies + dieOfCard, figures.link(LinkKind.BLINK));
      for (int other = 0; other < nodeCount; other++) {
        if (other == node) {
          continue;
        }
        int same = other * CARDS_PER_NODE + card % CARDS_PER_NODE;
        mate(builder, rank, same * dies + dieOfCard, figures.link(LinkKind.RDMA));
        if (port10) {
          // the same card of the other VNode: 0 of the first VNode and 4 of the second
          int across = same ^ CARDS_PER_VNODE;
          mate(builder, rank, across * dies + dieOfCard, figures.link(LinkKind.PORT10));
        }
      }
    }
    return builder.build();
  }

  private static void peers(TopologyBuilder builder, LinkFigures figures, int rank, int dies) {
    int size = CARDS_PER_VNODE * dies;
    int first = rank / size * size;
    for (int peer = first; peer < first + size; peer++) {
      if (peer != rank) {
        boolean sameCard = peer / dies == rank / dies;
        builder.link(rank, peer, figures.link(sameCard ? LinkKind.D2D : LinkKind.P2P));
      }
    }
  }

  private static void mate(TopologyBuilder builder, int rank, int mate, Link link) {
    builder.link(rank, mate, link).mate(rank, mate);
  }
}
