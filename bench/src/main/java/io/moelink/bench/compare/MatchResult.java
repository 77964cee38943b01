package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import java.util.List;

/**
 * What the turns of one case came to.
 *
 * @param name the case
 * @param job its work
 * @param samples all rounds whose state is known
 * @param dropped rounds during which the state changed
 */
record MatchResult(Case name, Job job, List<Sample> samples, int dropped) {}
