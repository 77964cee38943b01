package io.moelink;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.transport.TransportException;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.Transports;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs all ranks of a group as threads and gathers what each returns. */
final class Ranks {
  /** What one rank does. */
  interface Body<T> {
    T run(ExpertGroup group) throws Exception;
  }

  private Ranks() {}

  /** Opens a group per rank on loopback, runs the body in each, and returns the results by rank. */
  static <T> List<T> run(ExpertGroupConfig config, Body<T> body) throws Exception {
    return run(config, Transports.named("loopback"), body);
  }

  /** As {@link #run(ExpertGroupConfig, Body)} over another transport. */
  static <T> List<T> run(ExpertGroupConfig config, TransportProvider provider, Body<T> body)
      throws Exception {
    List<T> results = new ArrayList<>();
    each(
        config,
        provider,
        group -> {
          try {
            return body.run(group);
          } catch (Throwable e) {
            group.abort("the test failed: " + e);
            throw e;
          }
        },
        future -> results.add(get(future)));
    return results;
  }

  /** As {@link #run} for bodies that fail: the messages of those that did, by rank. */
  static List<String> failures(ExpertGroupConfig config, Body<?> body) throws Exception {
    return failures(config, Transports.named("loopback"), body);
  }

  /** As {@link #failures(ExpertGroupConfig, Body)} over another transport. */
  static List<String> failures(ExpertGroupConfig config, TransportProvider provider, Body<?> body)
      throws Exception {
    List<String> messages = new ArrayList<>();
    each(
        config,
        provider,
        body,
        future -> {
          try {
            get(future);
          } catch (TransportException e) {
            messages.add(e.getMessage());
          }
        });
    return messages;
  }

  private interface Results<T> {
    void take(Future<T> future) throws Exception;
  }

  private static <T> void each(
      ExpertGroupConfig config, TransportProvider provider, Body<T> body, Results<T> results)
      throws Exception {
    int ranks = config.topology().rankCount();
    List<Bootstrap> bootstraps = Bootstraps.inJvm(ranks);
    ExecutorService threads = Executors.newFixedThreadPool(ranks);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (Bootstrap bootstrap : bootstraps) {
        futures.add(
            threads.submit(
                () -> {
                  try (ExpertGroup group = ExpertGroup.open(config, bootstrap, provider)) {
                    return body.run(group);
                  }
                }));
      }
      for (Future<T> future : futures) {
        results.take(future);
      }
    } finally {
      threads.shutdownNow();
      threads.awaitTermination(10, TimeUnit.SECONDS);
      bootstraps.forEach(Bootstrap::close);
    }
  }

  private static <T> T get(Future<T> future) throws Exception {
    try {
      return future.get(120, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (TimeoutException e) {
      throw new AssertionError("a rank did not end within 120 s", e);
    }
  }
}
