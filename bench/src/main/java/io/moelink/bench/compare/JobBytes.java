package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import io.moelink.layout.routing.TopK;
import java.util.Arrays;

/** How much memory the rows of a job need. */
final class JobBytes {
  private JobBytes() {}

  /** Tokens, experts' rows and sums of all ranks: what every contestant holds. */
  static long ofRows(Job job) {
    return (2L * job.tokens() + slots(job)) * job.rowBytes();
  }

  /** Each token once for each rank that needs it: what is sent. */
  static long ofUnique(Job job) {
    return Math.min(slots(job), (long) job.tokens() * job.ranks()) * job.rowBytes();
  }

  private static long slots(Job job) {
    return Arrays.stream(job.routing()).mapToLong(TopK::slots).sum();
  }
}
