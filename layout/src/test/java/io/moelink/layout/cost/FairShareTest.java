package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.topology.Topologies;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class FairShareTest {
  private static final Offset<Double> CLOSE = within(1.0);

  /** Links of 20 GB/s of a VNode: one number for each pair that a test names. */
  private final Resources resources = new Resources(Topologies.named("ubbv2-1node"));

  private int link(int from, int to) {
    return resources.route(from, to)[0];
  }

  private static Flow flow(int[] used, double... shares) {
    return new Flow(0, 0, new Work(0, 0, 1e9, used, shares, 1e9), 1e9);
  }

  /** What one flow cannot use on the first link, because the second holds it, others get. */
  @Test
  void restGoesToThoseThatCanUseIt() {
    int first = link(0, 1);
    int second = link(1, 2);
    Flow a = flow(new int[] {first}, 1);
    Flow b = flow(new int[] {first, second}, 1, 1);
    Flow c = flow(new int[] {second}, 1);
    Flow d = flow(new int[] {second}, 1);
    new FairShare(resources).assign(List.of(a, b, c, d));
    assertThat(b.rate).isCloseTo(20e9 / 3, CLOSE);
    assertThat(c.rate).isEqualTo(d.rate).isCloseTo(20e9 / 3, CLOSE);
    assertThat(a.rate).isCloseTo(40e9 / 3, CLOSE);
    assertThat(a.bottleneck).isEqualTo(first);
    assertThat(b.bottleneck).isEqualTo(second);
  }

  /** A flow that puts half of its bytes on a link goes as fast as another, and takes half. */
  @Test
  void sharesWeigh() {
    int only = link(0, 1);
    int other = link(0, 2);
    Flow half = flow(new int[] {only, other}, .5, 1);
    Flow full = flow(new int[] {only}, 1);
    new FairShare(resources).assign(List.of(half, full));
    assertThat(half.rate).isEqualTo(full.rate).isCloseTo(40e9 / 3, CLOSE);
  }
}
