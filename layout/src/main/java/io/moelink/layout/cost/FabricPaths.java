package io.moelink.layout.cost;

import java.util.List;

/**
 * The paths of a simulation.
 *
 * @param resources all resources, by number
 * @param uses by path: all that its flows pass, a link followed by the ports at its two ends if it
 *     shares them; or a copy engine
 * @param constraints by path: those of them whose rate can hold its flows back
 * @param latency by path: seconds until the first byte arrives
 */
record FabricPaths(List<Resource> resources, Lists uses, Lists constraints, double[] latency) {
  int count() {
    return latency.length;
  }

  /** The link of a path, its port or its engine that is fullest; a link before its ports. */
  int fullest(int path, List<LinkUse> useOf) {
    int fullest = uses.values()[uses.start()[path]];
    for (int i = uses.start()[path]; i < uses.start()[path + 1]; i++) {
      int used = uses.values()[i];
      // a port of one link repeats what that link says, but for rounding
      if (useOf.get(used).busyShare() > useOf.get(fullest).busyShare() * (1 + 1e-9)) {
        fullest = used;
      }
    }
    return fullest;
  }

  /** By resource: whether it is a port that one link alone uses, so that it says nothing new. */
  boolean[] portsOfOneLink() {
    int[] linkOf = new int[resources.size()];
    boolean[] one = new boolean[linkOf.length];
    int link = 0;
    for (int used : uses.values()) {
      if (!resources.get(used).isPort()) {
        link = used;
      } else if (linkOf[used] == 0) {
        linkOf[used] = link + 1;
        one[used] = true;
      } else if (linkOf[used] != link + 1) {
        one[used] = false;
      }
    }
    return one;
  }
}
