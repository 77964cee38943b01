package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.transport.Transports;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Runs ranks as threads, however each ends; all of them must end. */
final class RankOutcomes {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** What one rank does; it opens its group itself. */
  interface Job<T> {
    T run(Bootstrap bootstrap) throws Exception;
  }

  /** How a rank ended: with a value or a failure. */
  record Outcome<T>(T value, Throwable failure) {
    String message() {
      return failure == null ? "no failure" : failure.getMessage();
    }
  }

  private RankOutcomes() {}

  /** Joins a group over loopback. */
  static ExpertGroup open(ExpertGroupConfig config, Bootstrap bootstrap) {
    return ExpertGroup.open(config, bootstrap, Transports.named("loopback"));
  }

  /** The outcomes by rank. */
  static <T> List<Outcome<T>> of(int ranks, Job<T> job) throws InterruptedException {
    List<Outcome<T>> outcomes = new ArrayList<>(Collections.nCopies(ranks, null));
    List<Thread> threads = new ArrayList<>();
    for (Bootstrap bootstrap : Bootstraps.inJvm(ranks)) {
      threads.add(
          Thread.ofPlatform()
              .name("test-rank-" + bootstrap.rank())
              .daemon()
              .start(() -> outcomes.set(bootstrap.rank(), outcome(bootstrap, job))));
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    for (Thread thread : threads) {
      thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      assertThat(thread.isAlive()).as("%s still runs after %s", thread, PATIENCE).isFalse();
    }
    return outcomes;
  }

  private static <T> Outcome<T> outcome(Bootstrap bootstrap, Job<T> job) {
    try (bootstrap) {
      return new Outcome<>(job.run(bootstrap), null);
    } catch (Throwable e) {
      return new Outcome<>(null, e);
    }
  }
}
