package io.moelink;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.TopK;

/**
 * What is left of a group that was shrunk.
 *
 * @param formerRanks the number that each rank had in the group before: {@code [R]}
 * @param formerExperts the number that each expert had: {@code [E]}
 * @param formerExpertCount experts of the group before
 */
public record Remaining(int[] formerRanks, int[] formerExperts, int formerExpertCount) {

  /**
   * The same choices over the experts that are left. A slot that chose a lost expert chooses none,
   * and counts no more in combine; its weight is not spread over the others.
   *
   * @param rank this rank's number now, for messages
   * @param choices over the experts of the group before
   */
  public TopK choices(int rank, TopK choices) {
    if (choices.experts() != formerExpertCount) {
      throw new InvalidInputException(
          "choices of rank %d over experts of before: found %d experts, expected %d"
              .formatted(rank, choices.experts(), formerExpertCount));
    }
    int[] now = new int[formerExpertCount];
    java.util.Arrays.fill(now, TopK.NONE);
    for (int expert = 0; expert < formerExperts.length; expert++) {
      now[formerExperts[expert]] = expert;
    }
    int[] ids = choices.ids().clone();
    for (int slot = 0; slot < ids.length; slot++) {
      ids[slot] = ids[slot] == TopK.NONE ? TopK.NONE : now[ids[slot]];
    }
    return TopK.of(
        rank, ids, choices.weights(), choices.tokens(), choices.topK(), formerExperts.length);
  }
}
