package io.moelink.bench.job;

/**
 * What one rank's rows came to.
 *
 * @param dispatched hash of its experts' rows, in canonical order
 * @param combined hash of its tokens' sums
 */
public record RankHashes(long dispatched, long combined) {}
