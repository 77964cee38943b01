package io.moelink.layout.cost;

import java.util.Arrays;

/**
 * Max-min fair rates of paths that share resources: the tightest resource is split equally among
 * its paths, these are set aside with what they use elsewhere, and so on.
 */
final class FairShare {
  /** A resource never looks emptier than this part of it, whatever rounding leaves. */
  private static final double LEFT_MIN = 1e-12;

  private static final double ROUNDING = 1e-12;

  private final Lists constraints;
  private final Lists pathsOf;
  private final double[] capacity;
  private final double[] left;
  private final int[] weight;
  private final int[] resourceSeen;
  private final int[] pathOpen;
  private int round;

  FairShare(FabricPaths paths) {
    constraints = paths.constraints();
    int resources = paths.resources().size();
    capacity = new double[resources];
    Arrays.setAll(capacity, r -> paths.resources().get(r).bytesPerSecond());
    left = new double[resources];
    weight = new int[resources];
    resourceSeen = new int[resources];
    pathOpen = new int[paths.count()];
    Ints resource = new Ints();
    Ints path = new Ints();
    for (int p = 0; p < paths.count(); p++) {
      for (int i = constraints.start()[p]; i < constraints.start()[p + 1]; i++) {
        resource.add(constraints.values()[i]);
        path.add(p);
      }
    }
    pathsOf = Lists.byKey(resources, resource, path);
  }

  /**
   * Sets rate (bytes a second) and bottleneck (the resource that holds it back) of paths that carry
   * something.
   *
   * @param paths the first {@code count} are all paths in use that share resources
   */
  void share(int[] paths, int count, double[] rate) {
    if (count == 1) {
      alone(paths[0], rate);
      return;
    }
    round++;
    TimeHeap tightest = new TimeHeap();
    for (int i = 0; i < count; i++) {
      int path = paths[i];
      pathOpen[path] = round;
      for (int at = constraints.start()[path]; at < constraints.start()[path + 1]; at++) {
        int resource = constraints.values()[at];
        if (resourceSeen[resource] != round) {
          resourceSeen[resource] = round;
          left[resource] = capacity[resource];
          weight[resource] = 0;
        }
        weight[resource]++;
      }
    }
    for (int i = 0; i < count; i++) {
      for (int at = constraints.start()[paths[i]]; at < constraints.start()[paths[i] + 1]; at++) {
        int resource = constraints.values()[at];
        if (resourceSeen[resource] == round) {
          resourceSeen[resource] = -round;
          tightest.add(left[resource] / weight[resource], resource);
        }
      }
    }
    int open = count;
    while (open > 0) {
      double key = tightest.topKey();
      int resource = tightest.poll();
      if (weight[resource] == 0) {
        continue;
      }
      double share = Math.max(left[resource], capacity[resource] * LEFT_MIN) / weight[resource];
      if (share > key * (1 + ROUNDING)) {
        // others on it were set aside since: it comes up again when it is the tightest
        tightest.add(share, resource);
        continue;
      }
      open -= settle(resource, share, rate);
    }
  }

  private int settle(int resource, double share, double[] rate) {
    int settled = 0;
    for (int i = pathsOf.start()[resource]; i < pathsOf.start()[resource + 1]; i++) {
      int path = pathsOf.values()[i];
      if (pathOpen[path] != round) {
        continue;
      }
      pathOpen[path] = 0;
      rate[path] = share;
      settled++;
      for (int at = constraints.start()[path]; at < constraints.start()[path + 1]; at++) {
        int used = constraints.values()[at];
        left[used] -= share;
        weight[used]--;
      }
    }
    return settled;
  }

  private void alone(int path, double[] rate) {
    double least = Double.POSITIVE_INFINITY;
    for (int at = constraints.start()[path]; at < constraints.start()[path + 1]; at++) {
      least = Math.min(least, capacity[constraints.values()[at]]);
    }
    rate[path] = least;
  }

  /** By path: a number for all paths that share resources with one another, from 0 without gaps. */
  int[] components() {
    int[] root = new int[capacity.length];
    Arrays.setAll(root, r -> r);
    for (int path = 0; path < pathOpen.length; path++) {
      int first = find(root, constraints.values()[constraints.start()[path]]);
      for (int at = constraints.start()[path] + 1; at < constraints.start()[path + 1]; at++) {
        root[find(root, constraints.values()[at])] = first;
      }
    }
    int[] number = new int[capacity.length];
    int[] component = new int[pathOpen.length];
    int count = 0;
    for (int path = 0; path < component.length; path++) {
      int r = find(root, constraints.values()[constraints.start()[path]]);
      if (number[r] == 0) {
        number[r] = ++count;
      }
      component[path] = number[r] - 1;
    }
    return component;
  }

  private static int find(int[] root, int resource) {
    int at = resource;
    while (root[at] != at) {
      root[at] = root[root[at]];
      at = root[at];
    }
    return at;
  }
}
