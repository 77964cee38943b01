package io.moelink.layout.plan;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;

/** Which ranks' memory a rank's kernels can work on. */
@FunctionalInterface
public interface Reach {
  /** Whether kernels of {@code reader} can load from memory of {@code owner}, another rank. */
  boolean loads(int reader, int owner);

  /** What the links of a topology allow: direct links can be loaded through, RDMA can not. */
  static Reach of(Topology topology) {
    return (reader, owner) -> {
      Link link = topology.link(reader, owner);
      return link != null && link.kind().loadable();
    };
  }

  /**
   * Whether two ranks share their memory, so that reading a row there costs no more than at home.
   */
  static boolean sharesMemory(Topology topology, int rank, int other) {
    if (rank == other) {
      return true;
    }
    Link link = topology.link(rank, other);
    return link != null && link.kind() == LinkKind.SHARED;
  }
}
