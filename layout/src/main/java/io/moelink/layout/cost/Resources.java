package io.moelink.layout.cost;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What steps share: links of their own, the ports of cards in each direction, and the copy engine
 * of each rank. Resources get numbers when they are first asked for.
 */
final class Resources {
  private record Key(LinkUse.Place place, LinkKind kind, int from, int to) {}

  private static final int NONE = -1;

  private final Topology topology;
  private final Map<Key, Integer> numbers = new HashMap<>();
  private final Map<Long, int[]> routes = new HashMap<>();
  private final List<Key> keys = new ArrayList<>();
  private double[] bytesPerSecond = new double[64];
  private double[] bytes = new double[64];

  Resources(Topology topology) {
    this.topology = topology;
  }

  int count() {
    return keys.size();
  }

  double bytesPerSecond(int resource) {
    return bytesPerSecond[resource];
  }

  void carried(int resource, double moved) {
    bytes[resource] += moved;
  }

  /** The copy engine of a rank. */
  int engine(int rank) {
    return number(
        new Key(LinkUse.Place.MEMORY, LinkKind.LOCAL, rank, rank),
        topology.localCopyGigabytesPerSecond());
  }

  /** All that a transfer from one rank to another uses, over every link of the way. */
  int[] route(int from, int to) {
    return routes.computeIfAbsent((long) from << 32 | to, pair -> find(from, to));
  }

  /** Time from the start of a transfer to its first byte, seconds. */
  double latency(int from, int to) {
    double microseconds = 0;
    int at = from;
    for (int hop : topology.route(from, to)) {
      microseconds += topology.link(at, hop).microseconds();
      at = hop;
    }
    return microseconds * 1e-6;
  }

  private int[] find(int from, int to) {
    List<Integer> found = new ArrayList<>();
    int at = from;
    for (int hop : topology.route(from, to)) {
      Link link = topology.link(at, hop);
      LinkKind kind = link.kind();
      double rate = link.gigabytesPerSecond();
      if (kind.sharesCardPort()) {
        int out = topology.cardOf(at);
        found.add(number(new Key(LinkUse.Place.PORT_OUT, kind, out, NONE), rate));
        int in = topology.cardOf(hop);
        found.add(number(new Key(LinkUse.Place.PORT_IN, kind, NONE, in), rate));
      } else {
        found.add(number(new Key(LinkUse.Place.LINK, kind, at, hop), rate));
      }
      at = hop;
    }
    return found.stream().mapToInt(Integer::intValue).toArray();
  }

  private int number(Key key, double gigabytesPerSecond) {
    Integer known = numbers.get(key);
    if (known == null) {
      known = keys.size();
      numbers.put(key, known);
      keys.add(key);
      if (known == bytes.length) {
        bytes = java.util.Arrays.copyOf(bytes, known * 2);
        bytesPerSecond = java.util.Arrays.copyOf(bytesPerSecond, known * 2);
      }
    }
    // the port of a card whose links have different figures is as fast as the fastest of them
    bytesPerSecond[known] = Math.max(bytesPerSecond[known], gigabytesPerSecond * 1e9);
    return known;
  }

  /** What a resource carried in {@code seconds}. */
  LinkUse use(int resource, double seconds) {
    Key key = keys.get(resource);
    double share = seconds > 0 ? bytes[resource] / bytesPerSecond[resource] / seconds : 0;
    return new LinkUse(
        key.place(),
        key.kind(),
        key.from(),
        key.to(),
        bytes[resource],
        bytesPerSecond[resource] / 1e9,
        share);
  }
}
