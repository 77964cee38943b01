package io.moelink.layout.dispatch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topologies;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What is refused, and in which words. */
class RefusalsTest {
  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }

  @Test
  void alignment() {
    refused(() -> OutputShape.expertMajor(0), "expert alignment: found 0, expected 1 to 65536");
    refused(() -> OutputShape.paired(65_537), "expert alignment: found 65537, expected 1 to 65536");
  }

  @Test
  void capacity() {
    refused(
        () -> OutputShape.slotted(0),
        "capacity of SLOTTED: found 0, expected 1 or more rows an expert");
    refused(
        () -> new OutputShape(OutputOrder.PAIRED, 1, 5), "capacity of PAIRED: found 5, expected 0");
  }

  @Test
  void moreRowsThanTheCapacity() {
    RoutingCase input = RoutingCase.uniform("flat-2", 5, 1, 2, 1);
    int received = ExpertRows.of(input.gathered(), OutputShape.CANONICAL, 1).received(0);
    refused(
        () -> ExpertRows.of(input.gathered(), OutputShape.slotted(1), 1),
        "rank 1, expert 1: " + received + " rows, expected at most the capacity of 1");
  }

  @Test
  void ranksThatDoNotMatch() {
    RoutingCase input = RoutingCase.uniform("flat-2", 5, 1, 2, 1);
    List<RoutingIndex> sources =
        input.choices().stream()
            .map(c -> RoutingIndex.of(c, input.placement(), input.topology()))
            .toList();
    refused(
        () ->
            new GatheredRouting(
                Topologies.named("flat-3"), ExpertPlacement.contiguous(2, 2), 1, sources),
        "routing of 2 ranks with a placement of 2 ranks, expected 3 of both (topology flat-3)");
  }

  @Test
  void algorithm() {
    refused(
        () -> Algorithms.named("fastest"),
        "algorithm: found fastest, expected one of direct, hierarchical, allgather, relay");
  }

  /** A mistake of the program, not of its input. */
  @Test
  void permutationHasARowPerSlot() {
    RoutingCase input = RoutingCase.uniform("flat-2", 5, 1, 2, 1);
    assertThatThrownBy(
            () ->
                PermuteLayout.of(input.gathered(), StagingPolicy.UNION, OutputShape.rankMajor(), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .isNotInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("a permutation layout has a row per slot: ");
  }
}
