package io.moelink.layout.cost;

import java.util.Arrays;
import java.util.List;

/**
 * Max-min fair rates: no flow can get more without taking from one that has no more than it. All
 * flows grow together; where a resource is full first for all flows on it, they stay as they are
 * and the others grow on.
 */
final class FairShare {
  private static final double TIE = 1 + 1e-12;

  private final Resources resources;
  private double[] free = new double[0];
  private double[] growing = new double[0];
  private double[] level = new double[0];
  private boolean[] full = new boolean[0];
  private int[] touched = new int[0];
  private Flow[] open = new Flow[0];

  FairShare(Resources resources) {
    this.resources = resources;
  }

  /** Sets rate and bottleneck of every flow. */
  void assign(List<Flow> flows) {
    int touchedCount = begin(flows);
    int left = flows.size();
    if (open.length < left) {
      open = new Flow[left * 2];
    }
    for (int i = 0; i < left; i++) {
      open[i] = flows.get(i);
      open[i].fixed = false;
    }
    while (left > 0) {
      for (int t = 0; t < touchedCount; t++) {
        int resource = touched[t];
        level[resource] =
            growing[resource] > 1e-9
                ? Math.max(0, free[resource]) / growing[resource]
                : Double.POSITIVE_INFINITY;
        full[resource] = growing[resource] > 1e-9;
      }
      findFull(left);
      left = fix(left);
    }
  }

  private int begin(List<Flow> flows) {
    int count = resources.count();
    if (free.length < count) {
      free = new double[count];
      growing = new double[count];
      level = new double[count];
      full = new boolean[count];
      touched = new int[count];
    }
    Arrays.fill(growing, 0);
    int touchedCount = 0;
    for (Flow flow : flows) {
      int[] used = flow.work.resources();
      for (int i = 0; i < used.length; i++) {
        int resource = used[i];
        if (growing[resource] == 0) {
          touched[touchedCount++] = resource;
          free[resource] = resources.bytesPerSecond(resource);
        }
        growing[resource] += flow.work.shares()[i];
      }
    }
    return touchedCount;
  }

  /**
   * Leaves those resources marked of which no flow meets one that is full earlier. They do not
   * depend on one another, so all of them are settled in one round.
   */
  private void findFull(int left) {
    for (int f = 0; f < left; f++) {
      double lowest = lowest(open[f]);
      for (int resource : open[f].work.resources()) {
        if (level[resource] > lowest * TIE) {
          full[resource] = false;
        }
      }
    }
  }

  private double lowest(Flow flow) {
    double lowest = Double.POSITIVE_INFINITY;
    for (int resource : flow.work.resources()) {
      lowest = Math.min(lowest, level[resource]);
    }
    return lowest;
  }

  /** Settles the flows on full resources; returns how many are left. */
  private int fix(int left) {
    int kept = 0;
    for (int f = 0; f < left; f++) {
      Flow flow = open[f];
      int[] used = flow.work.resources();
      int bound = -1;
      for (int i = 0; i < used.length && bound < 0; i++) {
        bound = full[used[i]] ? used[i] : -1;
      }
      if (bound < 0) {
        open[kept++] = flow;
        continue;
      }
      flow.bottleneck = bound;
      flow.rate = level[bound];
      for (int i = 0; i < used.length; i++) {
        double share = flow.work.shares()[i];
        free[used[i]] -= share * flow.rate;
        growing[used[i]] -= share;
      }
    }
    return kept;
  }
}
