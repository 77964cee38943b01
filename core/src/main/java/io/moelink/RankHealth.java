package io.moelink;

import java.time.Duration;

/**
 * What a rank knows of another one, or of itself, from the calls that they made together.
 *
 * @param rank the rank
 * @param state what became of it
 * @param sinceHeard time since a call of this rank last saw that the other took part; since the
 *     group was opened, if none did
 * @param waitedFor how long a call under way has been waiting for it by now; zero if none is
 */
public record RankHealth(int rank, State state, Duration sinceHeard, Duration waitedFor) {
  /** What became of a rank. */
  public enum State {
    /** Nothing is known against it. */
    IN_THE_GROUP,
    /** It has closed its group. */
    LEFT,
    /** The group has failed because of it: it died, gave up, or did not come in time. */
    AT_FAULT
  }
}
