package io.moelink.layout.cost;

import io.moelink.layout.topology.LinkKind;

/**
 * How busy one direction of a link, a port or a copy engine was.
 *
 * @param place what it is
 * @param kind the kind of link; LOCAL for a copy engine
 * @param from the sending rank of a LINK, the card of a PORT_OUT, the rank of a MEMORY, the node of
 *     a NODE; else -1
 * @param to the receiving rank of a LINK, the card of a PORT_IN, the rank of a MEMORY, the node of
 *     a NODE; else -1
 * @param bytes carried
 * @param gigabytesPerSecond its figure
 * @param busyShare part of the whole time that it would need for these bytes at its figure
 */
public record LinkUse(
    Place place,
    LinkKind kind,
    int from,
    int to,
    double bytes,
    double gigabytesPerSecond,
    double busyShare) {

  /** Where bytes pass. */
  public enum Place {
    /** A link between two ranks that shares with no other. */
    LINK,
    /** What a card sends over all its links of one kind. */
    PORT_OUT,
    /** What a card receives over all its links of one kind. */
    PORT_IN,
    /** Copies in a rank's own memory; a sum counts as the copy that takes as long. */
    MEMORY,
    /** Copies of all ranks of a node, where they share what copies. */
    NODE
  }

  /** For people, for example "RDMA out of card 0". */
  public String name() {
    return switch (place) {
      case LINK -> kind + " " + from + "->" + to;
      case PORT_OUT -> kind + " out of card " + from;
      case PORT_IN -> kind + " into card " + to;
      case MEMORY -> "memory of rank " + from;
      case NODE -> "memory of node " + from;
    };
  }
}
