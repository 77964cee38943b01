package io.moelink.bench.compare;

import java.time.Duration;

/**
 * How long a match takes.
 *
 * @param time of the turns of one batch
 * @param warmUp of each contestant, before it is verified; once more while it still compiles
 * @param turnsMin turns of each contestant, however long they take
 */
record MatchOptions(Duration time, Duration warmUp, int turnsMin) {}
