package io.moelink;

import io.moelink.layout.plan.Reach;
import io.moelink.layout.topology.Topology;
import io.moelink.transport.HidingTransport;
import io.moelink.transport.LateTransport;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.Transports;
import java.util.List;

/** Loopback with memory of other ranks hidden, in the ways that networks hide it. */
final class HiddenMemory {
  /** Nothing, that of other nodes, that of other VNodes, odd ranks' from even ones, all. */
  static final List<String> NAMES = List.of("nothing", "nodes", "vnodes", "some", "all");

  private HiddenMemory() {}

  static TransportProvider provider(String hidden, Topology topology) {
    return HidingTransport.around(Transports.named("loopback"), reach(hidden, topology));
  }

  /** The same with puts and signals as late as they may be. */
  static TransportProvider late(String hidden, Topology topology) {
    return HidingTransport.around(
        LateTransport.around(Transports.named("loopback")), reach(hidden, topology));
  }

  static Reach reach(String hidden, Topology topology) {
    return switch (hidden) {
      case "nothing" -> (reader, owner) -> true;
      case "nodes" -> (reader, owner) -> topology.nodeOf(reader) == topology.nodeOf(owner);
      case "vnodes" -> (reader, owner) -> topology.vnodeOf(reader) == topology.vnodeOf(owner);
      case "some" -> (reader, owner) -> reader % 2 == 1 || owner % 2 == 0;
      case "all" -> (reader, owner) -> false;
      default -> throw new IllegalArgumentException(hidden);
    };
  }
}
