package io.moelink.execute;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Step;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A step as one rank's executor sees it: what it waits for and whom it tells. A task without a step
 * only passes on how far a buffer, which another rank fills, has come.
 *
 * @param step what to do; null for passing on
 * @param written the buffers that are complete afterwards, or have what this task gives to them
 * @param begunSlots own signal slots of ranks that must have begun the operation, relative to the
 *     plan's
 * @param begunRanks those ranks
 * @param readSlots for each buffer that it reads: the own slots that say how far other ranks have
 *     filled it
 * @param readRanks for each: the ranks that signal them
 * @param readTasks for each: the earlier tasks of this rank that fill it
 * @param inPieces whether it stops after every chunk for others to go on, since something of its
 *     rank goes over a link that nobody can load through
 * @param fills who reads the ring that it fills; null when it fills none
 * @param empties for each buffer that it reads: who fills it, where it is a ring; else null
 * @param sendsRing whether it is a push of a ring that an earlier task of its rank fills
 * @param tellRanks the ranks to signal how far it has come
 * @param tellSlots their slots
 */
record Task(
    Step step,
    List<Buffer> written,
    int[] begunSlots,
    int[] begunRanks,
    int[][] readSlots,
    int[][] readRanks,
    int[][] readTasks,
    boolean inPieces,
    RingEnd fills,
    RingEnd[] empties,
    boolean sendsRing,
    int[] tellRanks,
    int[] tellSlots) {

  /** Whether it reads a ring that another rank fills. */
  boolean emptiesAny() {
    return Arrays.stream(empties).anyMatch(Objects::nonNull);
  }

  /** Whether rows of the written buffer come in their order, so that a part of them is of use. */
  boolean writesInOrder() {
    return switch (step) {
      case null -> true;
      case Step.Pull pull -> true;
      case Step.Push push -> true;
      case Step.Reduce reduce -> true;
      case Step.Permute permute -> false;
      case Step.Scatter scatter -> false;
      case Step.Reorder reorder -> false;
    };
  }
}
