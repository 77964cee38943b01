package io.moelink.cli.topology;

import io.moelink.layout.topology.LinkKind;

/**
 * How a kind of link is drawn: colours that colour-blind people can tell apart, and a dash of its
 * own for those that leave a group.
 *
 * @param dash SVG's stroke-dasharray, empty for a whole line
 */
record LinkStyle(String color, double width, String dash) {
  static LinkStyle of(LinkKind kind) {
    return switch (kind) {
      case LOCAL -> new LinkStyle("#1f2328", 1, "1 3");
      case D2D -> new LinkStyle("#1f2328", 4, "");
      case P2P -> new LinkStyle("#0072b2", 1.6, "");
      case BLINK -> new LinkStyle("#00795a", 2, "");
      case PORT10 -> new LinkStyle("#a03c78", 2, "9 3 2 3");
      case RDMA -> new LinkStyle("#d55e00", 2, "5 3");
      case NVLINK -> new LinkStyle("#3f7d20", 2.4, "");
      case PCIE -> new LinkStyle("#6a51a3", 1.8, "");
      case SHARED -> new LinkStyle("#5c5c56", 2.4, "2 2");
    };
  }
}
