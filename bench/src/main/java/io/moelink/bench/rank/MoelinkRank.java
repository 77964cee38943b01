package io.moelink.bench.rank;

import io.moelink.Dispatched;
import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.Handle;
import io.moelink.TokenBuffer;
import io.moelink.bench.job.Job;
import io.moelink.bench.job.JobRows;
import io.moelink.bench.job.RankHashes;
import io.moelink.bench.job.RowHash;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.transport.Transports;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** One rank of moelink with the buffers of a job, made once. */
final class MoelinkRank implements AutoCloseable {
  private final Job job;
  private final TopK own;
  private final boolean knownRouting;
  private final RoundBarrier barrier;
  private final ExpertGroup group;
  private final TokenBuffer tokens;
  private final TokenBuffer rows;
  private final TokenBuffer sums;
  private final Handle known;

  /** Joins the group; returns when all ranks have. */
  MoelinkRank(Job job, RankOptions options, Bootstrap bootstrap, RoundBarrier barrier) {
    this.job = job;
    this.barrier = barrier;
    knownRouting = options.knownRouting();
    own = job.routing()[bootstrap.rank()];
    group =
        ExpertGroup.open(config(job, options), bootstrap, Transports.named(options.transport()));
    tokens = group.allocateTokens(own.tokens());
    for (int token = 0; token < own.tokens(); token++) {
      JobRows.fill(tokens.row(token), job.firstToken(group.rank()) + token, job.hidden());
    }
    sums = group.allocateTokens(own.tokens());
    known = group.plan(own);
    rows = group.allocateTokens(known.rowCount());
  }

  private static ExpertGroupConfig config(Job job, RankOptions options) {
    return ExpertGroupConfig.builder()
        .topology(Topologies.named("flat-" + job.ranks()))
        .experts(job.experts())
        .topK(job.topK())
        .hidden(job.hidden())
        .elementType(ElementType.BF16)
        .tokensPerRankMax(Arrays.stream(job.routing()).mapToInt(TopK::tokens).max().orElse(0))
        .algorithm(Algorithms.named(options.algorithm()))
        .timeout(Duration.ofSeconds(60))
        .build();
  }

  int rank() {
    return group.rank();
  }

  /**
   * Runs rounds with all other ranks.
   *
   * @return start and end of dispatch, start and end of combine of each, in nanoseconds of the
   *     host's clock: {@code [count * 4]}
   */
  long[] rounds(int count) {
    long[] times = new long[4 * count];
    for (int round = 0; round < count; round++) {
      barrier.await();
      times[4 * round] = System.nanoTime();
      Dispatched dispatched = dispatch();
      times[4 * round + 1] = System.nanoTime();
      barrier.await();
      times[4 * round + 2] = System.nanoTime();
      group.combine(dispatched.handle(), rows, sums);
      if (!knownRouting) {
        dispatched.handle().close();
      }
      times[4 * round + 3] = System.nanoTime();
    }
    return times;
  }

  private Dispatched dispatch() {
    return knownRouting
        ? group.dispatch(known, List.of(tokens), List.of(rows))
        : group.dispatchAsync(List.of(tokens), own, List.of(rows)).await();
  }

  /** What the last round came to. */
  RankHashes hashes() {
    return new RankHashes(RowHash.of(rows.segment()), RowHash.of(sums.segment()));
  }

  @Override
  public void close() {
    known.close();
    group.close();
  }
}
