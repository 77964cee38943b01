package io.moelink.layout.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ExpertPlacementTest {
  @Test
  void dealsExpertsInBlocksWithTheRestOnTheFirstRanks() {
    ExpertPlacement placement = ExpertPlacement.contiguous(10, 4);
    assertThat(counts(placement)).containsExactly(3, 3, 2, 2);
    assertThat(placement.firstExpert(2)).isEqualTo(6);
    assertThat(placement.rankOf(5)).isEqualTo(1);
    assertThat(placement.experts()).isEqualTo(10);
    assertThat(placement.ranks()).isEqualTo(4);
    assertThat(placement.maxExpertCount()).isEqualTo(3);
    assertThat(placement).hasToString("ExpertPlacement[experts=10, ranks=4, counts=[3, 3, 2, 2]]");
  }

  @Test
  void ranksBeyondTheExpertsHoldNone() {
    ExpertPlacement placement = ExpertPlacement.contiguous(3, 5);
    assertThat(counts(placement)).containsExactly(1, 1, 1, 0, 0);
    assertThat(placement.firstExpert(4)).isZero();
  }

  @Test
  void takesUnevenCountsAndBlocksInAnyOrder() {
    ExpertPlacement uneven = ExpertPlacement.ofCounts(0, 5, 0, 1);
    assertThat(uneven.firstExpert(3)).isEqualTo(5);
    assertThat(uneven.rankOf(0)).isEqualTo(1);
    assertThat(uneven)
        .isEqualTo(ExpertPlacement.ofBlocks(new int[] {9, 0, -4, 5}, new int[] {0, 5, 0, 1}))
        .hasSameHashCodeAs(ExpertPlacement.ofCounts(0, 5, 0, 1))
        .isNotEqualTo(ExpertPlacement.ofCounts(5, 0, 0, 1));
    ExpertPlacement turned = ExpertPlacement.ofBlocks(new int[] {4, 0}, new int[] {2, 4});
    assertThat(turned.rankOf(0)).isEqualTo(1);
    assertThat(turned.rankOf(5)).isZero();
    assertThat(turned).isNotEqualTo(ExpertPlacement.ofCounts(2, 4));
  }

  @Test
  void rankOfAgreesWithTheBlocks() {
    for (int experts : new int[] {1, 7, 256, 4096}) {
      for (int ranks : new int[] {1, 2, 16, 300}) {
        ExpertPlacement placement = ExpertPlacement.contiguous(experts, ranks);
        int seen = 0;
        for (int rank = 0; rank < ranks; rank++) {
          for (int local = 0; local < placement.expertCount(rank); local++, seen++) {
            assertThat(placement.rankOf(placement.firstExpert(rank) + local)).isEqualTo(rank);
          }
        }
        assertThat(seen).isEqualTo(experts);
      }
    }
  }

  @Test
  void refusesWhatIsNoPartition() {
    refused(
        () -> ExpertPlacement.ofBlocks(new int[] {0, 1}, new int[] {2, 2}),
        "placement: expert 1 is held by rank 0 and by rank 1, expected one rank");
    refused(
        () -> ExpertPlacement.ofBlocks(new int[] {0, 3}, new int[] {2, 2}),
        "placement: rank 1: 2 experts from 3, expected a first expert 0..2");
    refused(
        () -> ExpertPlacement.ofBlocks(new int[] {-1}, new int[] {2}),
        "placement: rank 0: 2 experts from -1, expected a first expert 0..0");
    refused(
        () -> ExpertPlacement.ofBlocks(new int[] {0}, new int[] {2, 2}),
        "placement: 1 first experts, expected 2 (one for each count)");
    refused(
        () -> ExpertPlacement.ofCounts(4, -1), "placement: rank 1: -1 experts, expected 0 or more");
    refused(() -> ExpertPlacement.ofCounts(0, 0), "placement: 0 experts, expected 1..65536");
    refused(
        () -> ExpertPlacement.ofCounts(Integer.MAX_VALUE, Integer.MAX_VALUE),
        "placement: 4294967294 experts, expected 1..65536");
    refused(() -> ExpertPlacement.ofCounts(), "placement: 0 ranks, expected 1..65536");
    refused(() -> ExpertPlacement.contiguous(0, 2), "placement: 0 experts, expected 1..65536");
    refused(() -> ExpertPlacement.contiguous(2, 0), "placement: 0 ranks, expected 1..65536");
  }

  private static int[] counts(ExpertPlacement placement) {
    int[] counts = new int[placement.ranks()];
    for (int rank = 0; rank < counts.length; rank++) {
      counts[rank] = placement.expertCount(rank);
    }
    return counts;
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }
}
