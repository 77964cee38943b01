package io.moelink.layout.cost;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The resources of a topology and the paths over them, numbered as they are asked for. A path is
 * what a flow uses: the links of a way, or one copy engine with what its node shares. {@link
 * #paths} closes the map.
 */
final class FabricMap {
  private record Port(LinkUse.Place type, int card, LinkKind kind) {}

  private static final int[] NO_PORTS = {};

  private final Topology topology;
  private final List<Resource> resources = new ArrayList<>();
  private final int[] engineOf;
  private final int[][] pathOf;
  private final int[][] linkOf;
  private final Map<Port, Integer> ports = new HashMap<>();
  private final Map<Integer, Integer> nodes = new HashMap<>();
  private final Ints hopPath = new Ints();
  private final Ints hopLink = new Ints();
  private final Doubles latency = new Doubles();

  FabricMap(Topology topology) {
    this.topology = topology;
    int ranks = topology.rankCount();
    engineOf = new int[ranks];
    pathOf = new int[ranks][];
    linkOf = new int[ranks][];
  }

  Topology topology() {
    return topology;
  }

  /** The path that is the copy engine of a rank. */
  int engine(int rank) {
    if (engineOf[rank] == 0) {
      double rate = topology.localCopyGigabytesPerSecond() * 1e9;
      int resource = add(new Resource(LinkUse.Place.MEMORY, LinkKind.LOCAL, rank, rank, rate));
      int path = newPath(0);
      hopPath.add(path);
      hopLink.add(resource);
      if (topology.memoryRates().sharedByNode()) {
        hopPath.add(path);
        hopLink.add(node(topology.nodeOf(rank)));
      }
      engineOf[rank] = path + 1;
    }
    return engineOf[rank] - 1;
  }

  /** What the copy engines of a node share. */
  private int node(int node) {
    double rate = topology.memoryRates().nodeCopy() * 1e9;
    return nodes.computeIfAbsent(
        node, n -> add(new Resource(LinkUse.Place.NODE, LinkKind.LOCAL, n, n, rate)));
  }

  /** The path from one rank's memory to another's, over every link of the way. */
  int transfer(int from, int to) {
    if (pathOf[from] == null) {
      pathOf[from] = new int[topology.rankCount()];
    }
    if (pathOf[from][to] == 0) {
      int[] route = topology.route(from, to);
      double seconds = 0;
      int at = from;
      for (int hop : route) {
        seconds += topology.link(at, hop).microseconds() * 1e-6;
        at = hop;
      }
      int path = newPath(seconds);
      at = from;
      for (int hop : route) {
        hopPath.add(path);
        hopLink.add(link(at, hop));
        at = hop;
      }
      pathOf[from][to] = path + 1;
    }
    return pathOf[from][to] - 1;
  }

  private int newPath(double seconds) {
    latency.add(seconds);
    return latency.size() - 1;
  }

  private int link(int from, int to) {
    if (linkOf[from] == null) {
      linkOf[from] = new int[topology.rankCount()];
    }
    if (linkOf[from][to] == 0) {
      Link link = topology.link(from, to);
      double rate = link.gigabytesPerSecond() * 1e9;
      linkOf[from][to] = 1 + add(new Resource(LinkUse.Place.LINK, link.kind(), from, to, rate));
      if (link.kind().sharesCardPort()) {
        port(LinkUse.Place.PORT_OUT, topology.cardOf(from), link.kind(), rate);
        port(LinkUse.Place.PORT_IN, topology.cardOf(to), link.kind(), rate);
      }
    }
    return linkOf[from][to] - 1;
  }

  /** A port carries what the fastest of its links carries. */
  private void port(LinkUse.Place type, int card, LinkKind kind, double rate) {
    Port key = new Port(type, card, kind);
    Integer known = ports.get(key);
    if (known == null) {
      ports.put(key, add(new Resource(type, kind, card, card, rate)));
    } else if (resources.get(known).bytesPerSecond() < rate) {
      resources.set(known, new Resource(type, kind, card, card, rate));
    }
  }

  private int add(Resource resource) {
    resources.add(resource);
    return resources.size() - 1;
  }

  /** All paths that were asked for. */
  FabricPaths paths() {
    Lists hops = Lists.byKey(latency.size(), hopPath, hopLink);
    Ints usesPath = new Ints();
    Ints uses = new Ints();
    Ints heldPath = new Ints();
    Ints heldBy = new Ints();
    for (int path = 0; path < latency.size(); path++) {
      for (int i = hops.start()[path]; i < hops.start()[path + 1]; i++) {
        int link = hops.values()[i];
        usesPath.add(path);
        uses.add(link);
        double portRate = Double.POSITIVE_INFINITY;
        for (int port : portsOf(resources.get(link))) {
          usesPath.add(path);
          uses.add(port);
          heldPath.add(path);
          heldBy.add(port);
          portRate = Math.min(portRate, resources.get(port).bytesPerSecond());
        }
        // a link as fast as its ports never holds a flow back by itself
        if (resources.get(link).bytesPerSecond() < portRate) {
          heldPath.add(path);
          heldBy.add(link);
        }
      }
    }
    return new FabricPaths(
        List.copyOf(resources),
        Lists.byKey(latency.size(), usesPath, uses),
        Lists.byKey(latency.size(), heldPath, heldBy),
        latency.toArray());
  }

  private int[] portsOf(Resource resource) {
    if (resource.place() != LinkUse.Place.LINK || !resource.kind().sharesCardPort()) {
      return NO_PORTS;
    }
    return new int[] {
      portOf(LinkUse.Place.PORT_OUT, resource.from(), resource.kind()),
      portOf(LinkUse.Place.PORT_IN, resource.to(), resource.kind())
    };
  }

  private int portOf(LinkUse.Place type, int rank, LinkKind kind) {
    return ports.get(new Port(type, topology.cardOf(rank), kind));
  }
}
