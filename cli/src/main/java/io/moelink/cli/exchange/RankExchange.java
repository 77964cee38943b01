package io.moelink.cli.exchange;

import io.moelink.Dispatched;
import io.moelink.ExpertGroup;
import io.moelink.GroupStats;
import io.moelink.TokenBuffer;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.cli.Progress;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyFile;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.SumOrder;
import io.moelink.layout.routing.TopK;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** One rank of an exchange. */
final class RankExchange {
  private final ExchangeJob job;
  private final Bootstrap bootstrap;
  private final Progress progress;
  private final long[][] dispatchNanos;
  private final long[][] combineNanos;

  RankExchange(ExchangeJob job, Bootstrap bootstrap, Progress progress) {
    this.job = job;
    this.bootstrap = bootstrap;
    this.progress = progress;
    dispatchNanos = new long[job.iterations()][2];
    combineNanos = new long[job.iterations()][2];
  }

  /** Runs all iterations; verifies and writes the last one. */
  RankReport run() throws IOException {
    int rank = bootstrap.rank();
    TopK own = job.routing()[rank];
    try (ExpertGroup group = ExpertGroup.open(job.config(), bootstrap, job.provider())) {
      TokenBuffer tokens = group.allocateTokens(own.tokens());
      for (int token = 0; token < own.tokens(); token++) {
        job.rows().fill(job.config().elementType(), tokens.row(token), rank, token);
      }
      TokenBuffer out = group.allocateTokens(own.tokens());
      Map<String, Long> dispatchBytes = Map.of();
      Map<String, Long> combineBytes = Map.of();
      Dispatched last = null;
      for (int i = 0; i < job.iterations(); i++) {
        if (last != null) {
          last.handle().close();
        }
        GroupStats before = group.stats();
        bootstrap.barrier(job.config().timeout());
        dispatchNanos[i][0] = System.nanoTime();
        last = group.dispatch(tokens, own);
        dispatchNanos[i][1] = System.nanoTime();
        GroupStats between = group.stats();
        bootstrap.barrier(job.config().timeout());
        combineNanos[i][0] = System.nanoTime();
        group.combine(last.handle(), last.rows(), out);
        combineNanos[i][1] = System.nanoTime();
        dispatchBytes = byName(between.minus(before));
        combineBytes = byName(group.stats().minus(between));
        progress.step();
      }
      String difference = job.verify() ? verify(rank, last, out) : null;
      if (job.out() != null) {
        write(rank, last, out);
      }
      return new RankReport(
          dispatchNanos,
          combineNanos,
          Arrays.stream(last.handle().receivedPerRank()).asLongStream().sum(),
          Arrays.stream(last.rowsPerExpert()).asLongStream().sum(),
          dispatchBytes,
          combineBytes,
          RankReport.Choice.of(last.handle().choice()),
          difference);
    }
  }

  private String verify(int rank, Dispatched dispatched, TokenBuffer out) {
    SumOrder order = Algorithms.named(dispatched.handle().algorithm()).sumOrder();
    ExchangeCheck check = new ExchangeCheck(job, rank, order);
    String difference = check.rows(dispatched.rows());
    if (difference.isEmpty()) {
      difference = check.sums(out);
    }
    progress.step();
    return difference;
  }

  private void write(int rank, Dispatched dispatched, TokenBuffer out) throws IOException {
    write(String.format(Locale.ROOT, "rank%03d_dispatched.npy", rank), dispatched.rows());
    write(String.format(Locale.ROOT, "rank%03d_combined.npy", rank), out);
  }

  private void write(String name, TokenBuffer rows) throws IOException {
    NpyFile.write(
        job.out().resolve(name),
        NpyArray.of(
            OutputWords.of(job.config().elementType()),
            rows.segment(),
            rows.rows(),
            job.config().hidden()));
  }

  private static Map<String, Long> byName(GroupStats stats) {
    Map<String, Long> result = new TreeMap<>();
    stats
        .bytesByLink()
        .forEach((kind, bytes) -> result.put(kind.name().toLowerCase(Locale.ROOT), bytes));
    return result;
  }
}
