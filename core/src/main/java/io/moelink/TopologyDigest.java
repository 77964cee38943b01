package io.moelink;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.Topology;
import java.util.zip.CRC32C;

/** A checksum of what plans are made from, to tell two topologies of the same name apart. */
final class TopologyDigest {
  private final CRC32C crc = new CRC32C();

  private TopologyDigest() {}

  static String of(Topology topology) {
    TopologyDigest digest = new TopologyDigest();
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      digest.add(topology.nodeOf(rank));
      digest.add(topology.domainOf(rank));
      digest.add(topology.vnodeOf(rank));
      digest.add(topology.cardOf(rank));
      for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
        digest.add(topology.entry(rank, vnode));
        digest.add(topology.via(rank, vnode));
      }
      for (int to = 0; to < topology.rankCount(); to++) {
        Link link = topology.link(rank, to);
        digest.add(link == null ? -1 : link.kind().ordinal());
      }
    }
    return "%08x".formatted(digest.crc.getValue());
  }

  private void add(int value) {
    crc.update(value);
    crc.update(value >>> 8);
    crc.update(value >>> 16);
    crc.update(value >>> 24);
  }
}
