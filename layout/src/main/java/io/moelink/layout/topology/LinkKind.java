package io.moelink.layout.topology;

/** What kind of wire a link is. The order is the order in which tables and legends list them. */
public enum LinkKind {
  /** A rank's own memory: no wire at all. */
  LOCAL(false, false),
  /** The two dies of one card. */
  D2D(true, false),
  /** A direct link of its own between two cards, or between dies of two cards. */
  P2P(true, false),
  /** The link to the mate card in the same node. */
  BLINK(true, true),
  /** The link to a VNode of another node that RDMA reaches only through a relay. */
  PORT10(true, true),
  /** All-to-all switch inside a server. */
  NVLINK(true, true),
  /** A PCIe x16 link of its own between two cards. */
  PCIE(true, false),
  /** Memory that all ranks of a host map. */
  SHARED(true, true),
  /** A network card: moves contiguous bytes, cannot be loaded from. */
  RDMA(false, true);

  private final boolean loadable;
  private final boolean sharesCardPort;

  LinkKind(boolean loadable, boolean sharesCardPort) {
    this.loadable = loadable;
    this.sharesCardPort = sharesCardPort;
  }

  /**
   * True when a core of one end can load and store rows of the other end by index. False for {@link
   * #RDMA}, which moves contiguous bytes only, and for {@link #LOCAL}, which is no link.
   */
  public boolean loadable() {
    return loadable;
  }

  /**
   * True when all links of this kind at one card (all its dies together) share one port, so that
   * the figure of a link is the most that the card sends, and the most that it receives, over all
   * of them at once. False when every link has the figure to itself.
   */
  public boolean sharesCardPort() {
    return sharesCardPort;
  }
}
