package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.BootstrapException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Runs calls of libpmix, which block as long as they please, so that whoever waits for them need
 * not. The threads are daemons: one that PMIx never lets go ends with the process.
 */
final class PmixThreads {
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().name("moelink-pmix-", 0).daemon().factory());
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  // all calls that were started, and have ended if it has
  private CompletableFuture<Void> started = CompletableFuture.completedFuture(null);

  /** Starts a call; after {@link #stop} it fails at once. */
  synchronized <T> CompletableFuture<T> start(Supplier<T> call) {
    if (stopped.isDone()) {
      return CompletableFuture.failedFuture(
          new BootstrapException(-1, "bootstrap pmix: closed meanwhile"));
    }
    CompletableFuture<T> result = CompletableFuture.supplyAsync(call, threads);
    started = CompletableFuture.allOf(started, result.handle((value, failure) -> null));
    return result;
  }

  /**
   * What a call returns.
   *
   * @param what the call and the rank that waits, for messages
   * @throws TimeoutException when the time is over; the call goes on
   * @throws BootstrapException what the call threw; or that this thread was interrupted, or {@link
   *     #stop} was called meanwhile
   */
  <T> T await(CompletableFuture<T> call, String what, int rank, long nanos)
      throws TimeoutException {
    try {
      CompletableFuture.anyOf(call, stopped).get(Math.max(nanos, 0), TimeUnit.NANOSECONDS);
      if (!call.isDone()) {
        throw new BootstrapException(rank, what + " closed its bootstrap meanwhile");
      }
      return call.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BootstrapException(rank, what + " was interrupted", e);
    } catch (ExecutionException | CompletionException e) {
      // a new object: this one's stack trace is the caller's
      if (e.getCause() instanceof BootstrapException failure) {
        throw new BootstrapException(failure.rank(), failure.getMessage(), failure);
      }
      throw new BootstrapException(rank, what + " failed: " + e.getCause(), e);
    }
  }

  /**
   * Ends all waits, and runs a last call when those that were started have ended. Waits for that
   * until the time is over; then it goes on alone.
   */
  void stop(Runnable lastCall, Duration timeout) {
    CompletableFuture<Void> last;
    synchronized (this) {
      if (stopped.isDone()) {
        return;
      }
      CompletableFuture<Void> before = started;
      last =
          CompletableFuture.runAsync(
              () -> {
                before.join();
                lastCall.run();
              },
              threads);
      stopped.complete(null);
      threads.shutdown();
    }
    try {
      last.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException serverHasGone) {
      // there is nobody to say goodbye to
    }
  }
}
