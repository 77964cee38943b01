package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.topology.LinkKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FairShareTest {
  private static FabricPaths paths(double[] rates, int[][] resourcesOf) {
    List<Resource> resources = new ArrayList<>();
    for (int i = 0; i < rates.length; i++) {
      resources.add(new Resource(LinkUse.Place.LINK, LinkKind.P2P, i, i, rates[i]));
    }
    Ints path = new Ints();
    Ints resource = new Ints();
    for (int p = 0; p < resourcesOf.length; p++) {
      for (int r : resourcesOf[p]) {
        path.add(p);
        resource.add(r);
      }
    }
    Lists lists = Lists.byKey(resourcesOf.length, path, resource);
    return new FabricPaths(resources, lists, lists, new double[resourcesOf.length]);
  }

  private static double[] share(double[] rates, int[][] resourcesOf, int... active) {
    double[] found = new double[resourcesOf.length];
    new FairShare(paths(rates, resourcesOf)).share(active, active.length, found);
    return found;
  }

  @Test
  void whatOneLeavesTheOthersGet() {
    // two on link 0 (3 each); the one that goes on over link 1 leaves 7 there to the third
    double[] found = share(new double[] {6, 10}, new int[][] {{0}, {0, 1}, {1}}, 0, 1, 2);

    assertThat(found).containsExactly(3, 3, 7);
  }

  @Test
  void pathsNotInUseGetNothingAndTakeNothing() {
    double[] found = share(new double[] {6, 10}, new int[][] {{0}, {0, 1}, {1}}, 0, 2);

    assertThat(found).containsExactly(6, 0, 10);
  }

  @Test
  void componentsAreThePathsThatMeet() {
    int[] found =
        new FairShare(paths(new double[4], new int[][] {{0}, {2}, {0, 1}, {3}, {1}, {2}}))
            .components();

    assertThat(found).containsExactly(0, 1, 0, 2, 0, 1);
  }

  static LongStream seeds() {
    return LongStream.range(0, 200);
  }

  /** Rates grow together in small steps; a path stops when a resource of its way is full. */
  @ParameterizedTest
  @MethodSource("seeds")
  void equalsSlowFilling(long seed) {
    Random random = new Random(seed);
    double[] rates = new double[1 + random.nextInt(6)];
    Arrays.setAll(rates, i -> 1 + random.nextInt(20));
    int[][] resourcesOf = new int[1 + random.nextInt(10)][];
    for (int p = 0; p < resourcesOf.length; p++) {
      Set<Integer> chosen = new HashSet<>(Set.of(random.nextInt(rates.length)));
      while (random.nextBoolean()) {
        chosen.add(random.nextInt(rates.length));
      }
      resourcesOf[p] = chosen.stream().mapToInt(Integer::intValue).toArray();
    }
    int[] all = new int[resourcesOf.length];
    Arrays.setAll(all, p -> p);

    double[] found = share(rates, resourcesOf, all);

    double step = 1e-3;
    double[] slow = new double[all.length];
    boolean[] stopped = new boolean[all.length];
    for (double level = step; level < 21; level += step) {
      for (int p : all) {
        stopped[p] |= full(rates, resourcesOf, slow, resourcesOf[p], step);
        slow[p] += stopped[p] ? 0 : step;
      }
    }
    for (int p : all) {
      assertThat(found[p]).as("seed %d path %d", seed, p).isCloseTo(slow[p], within(0.05));
    }
  }

  private static boolean full(
      double[] rates, int[][] resourcesOf, double[] rateOf, int[] way, double step) {
    for (int resource : way) {
      double used = 0;
      for (int p = 0; p < resourcesOf.length; p++) {
        boolean passes = Arrays.stream(resourcesOf[p]).anyMatch(r -> r == resource);
        used += passes ? rateOf[p] : 0;
      }
      if (used + step > rates[resource]) {
        return true;
      }
    }
    return false;
  }
}
