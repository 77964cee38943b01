package io.moelink.transport;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The ranks of a group as threads of a test. Every transport is wrapped in a {@link
 * ThreadCheckingTransport}.
 */
public final class Ranks implements AutoCloseable {
  /** What one rank does. */
  public interface Task<T> {
    T run(Transport mine) throws Exception;
  }

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final List<Bootstrap> bootstraps;
  private final List<Transport> transports = new ArrayList<>();
  private final ExecutorService threads;

  private Ranks(List<Bootstrap> bootstraps) {
    this.bootstraps = bootstraps;
    this.threads = Executors.newFixedThreadPool(bootstraps.size());
  }

  /** Opens a group whose ranks have {@code signalCount} signals each. */
  public static Ranks open(TransportProvider provider, int size, int signalCount) {
    Ranks ranks = new Ranks(Bootstraps.inJvm(size));
    List<Callable<Transport>> opens = new ArrayList<>();
    for (Bootstrap bootstrap : ranks.bootstraps) {
      opens.add(
          () ->
              ThreadCheckingTransport.around(
                  provider.open(new TransportConfig(bootstrap, signalCount, TIMEOUT, 1))));
    }
    ranks.transports.addAll(ranks.allOf(opens));
    return ranks;
  }

  /** The transport of a rank. */
  public Transport rank(int rank) {
    return transports.get(rank);
  }

  /** Runs a task on every rank at once, each in a thread of its own; results by rank. */
  public <T> List<T> all(Task<T> task) {
    List<Callable<T>> calls = new ArrayList<>();
    for (Transport transport : transports) {
      calls.add(() -> task.run(transport));
    }
    return allOf(calls);
  }

  /** Starts a task on one rank. */
  public <T> Future<T> start(int rank, Task<T> task) {
    return threads.submit(() -> task.run(rank(rank)));
  }

  /** The result of a task; its failure as it was thrown. */
  public static <T> T result(Future<T> future) {
    try {
      return future.get(40, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("a rank hangs", e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private <T> List<T> allOf(List<Callable<T>> calls) {
    List<Future<T>> futures = new ArrayList<>();
    for (Callable<T> call : calls) {
      futures.add(threads.submit(call));
    }
    List<T> results = new ArrayList<>();
    try {
      for (Future<T> future : futures) {
        results.add(result(future));
      }
    } finally {
      // after a failure the others may wait for what never comes
      futures.forEach(future -> future.cancel(true));
    }
    return results;
  }

  @Override
  public void close() {
    transports.forEach(Transport::close);
    bootstraps.forEach(Bootstrap::close);
    threads.shutdownNow();
  }
}
