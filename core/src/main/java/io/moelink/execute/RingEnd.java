package io.moelink.execute;

/**
 * The other end of a ring: memory for some rows of a buffer that one step fills and one reads, both
 * in the order of its rows. Row i lies in place i modulo the ring's rows, and is written when row i
 * less the ring's rows has been read.
 *
 * @param rank the rank that reads the ring, for the step that fills it; or the one that fills it
 * @param slot of the signal that says how many rows have been read, at the rank that fills the
 *     ring, relative to the plan's; {@link #OWN} where that rank's own puts read it
 */
record RingEnd(int rank, int slot) {
  static final int OWN = -1;
}
