package io.moelink.execute;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Step;

/**
 * A step as one rank's executor sees it: what it waits for and whom it tells. A task without a step
 * only passes on that a buffer, which another rank has filled, is complete.
 *
 * @param step what to do; null for passing on
 * @param buffer the buffer that is complete afterwards
 * @param waitSlots own signal slots that must have the operation's number, relative to the plan's
 * @param waitRanks the ranks that signal them
 * @param localDependencies earlier tasks of this rank that must have ended
 * @param tellRanks the ranks to signal afterwards
 * @param tellSlots their slots
 */
record Task(
    Step step,
    Buffer buffer,
    int[] waitSlots,
    int[] waitRanks,
    int[] localDependencies,
    int[] tellRanks,
    int[] tellSlots) {}
