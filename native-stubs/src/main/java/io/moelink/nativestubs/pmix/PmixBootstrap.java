package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * A rank of a job that a launcher with a PMIx server has started. An all-gather is: publish what
 * this rank gives, a fence that brings what all have published, and a look at each; a barrier is a
 * fence.
 *
 * <p>What is published stays with the launcher until the job ends, and every round that publishes
 * has a key of its own, since OpenPMIx 4.2 loses values that take the place of others; so the
 * thousandth all-gather is slow. A barrier therefore publishes nothing, unless it takes so long
 * that somebody may want to know who has come.
 *
 * <p>PMIx says that ranks are missing, not which; what they publish does. A rank that closes or
 * dies is seen by the others at once, as the server tells those that wait in a fence. A barrier
 * that begins when the server knows of a death already is complete without the dead: it no longer
 * counts them, and says nothing. The transport finds them.
 */
final class PmixBootstrap implements Bootstrap {
  /** How long after a call's timeout PMIx may still say who was missing. */
  private static final Duration GRACE = Duration.ofMillis(500);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);
  private static final long FOREVER = Long.MAX_VALUE / 2;
  private static final byte[] NOTHING = new byte[0];

  /** Whether this process has had its one; servers of 4.2 lose what a second one publishes. */
  private static final AtomicBoolean OPENED = new AtomicBoolean();

  private final PmixThreads threads;
  private final PmixClient client;
  private final AtomicReference<PmixEntry.Call> inCall = new AtomicReference<>();
  private volatile boolean closed;
  private volatile BootstrapException broken;
  private volatile long rounds;

  private PmixBootstrap(PmixThreads threads, PmixClient client) {
    this.threads = threads;
    this.client = client;
  }

  /** Returns when all ranks have come. */
  static Bootstrap open(PmixCalls calls, Duration timeout) {
    if (OPENED.getAndSet(true)) {
      throw new IllegalStateException(
          "bootstrap pmix: opened a second time, expected once in a process");
    }
    long deadlineNanos = System.nanoTime() + nanos(timeout);
    PmixThreads threads = new PmixThreads();
    PmixBootstrap mine = new PmixBootstrap(threads, connect(calls, threads, timeout));
    try {
      mine.meet(PmixEntry.Call.JOIN, NOTHING, deadlineNanos - System.nanoTime());
      return mine;
    } catch (BootstrapException e) {
      mine.close();
      throw e;
    }
  }

  private static PmixClient connect(PmixCalls calls, PmixThreads threads, Duration timeout) {
    CompletableFuture<PmixClient> connecting = threads.start(() -> PmixClient.open(calls));
    BootstrapException failure;
    try {
      return threads.await(connecting, "join: this rank", -1, nanos(timeout));
    } catch (TimeoutException e) {
      failure =
          new BootstrapException(
              -1,
              "join: waited %d ms for the launcher's PMIx server".formatted(timeout.toMillis()),
              e);
    } catch (BootstrapException e) {
      failure = e;
    }
    // it may still come, and is then of no use
    connecting.thenAccept(PmixClient::close);
    threads.stop(() -> {}, Duration.ZERO);
    throw failure;
  }

  @Override
  public int rank() {
    return client.rank();
  }

  @Override
  public int size() {
    return client.size();
  }

  @Override
  public byte[][] allGather(byte[] mine, Duration timeout) {
    if (mine.length > GATHER_BYTES_MAX) {
      throw new IllegalArgumentException(
          "allGather: rank=%d gives %d bytes, expected at most %d"
              .formatted(rank(), mine.length, GATHER_BYTES_MAX));
    }
    return meet(PmixEntry.Call.ALL_GATHER, mine, nanos(timeout));
  }

  @Override
  public void barrier(Duration timeout) {
    meet(PmixEntry.Call.BARRIER, NOTHING, nanos(timeout));
  }

  private byte[][] meet(PmixEntry.Call call, byte[] given, long nanos) {
    PmixEntry.Call other = inCall.compareAndExchange(null, call);
    if (other != null) {
      throw new IllegalStateException(
          "%s: another thread of rank=%d is in %s".formatted(call, rank(), other));
    }
    try {
      if (closed) {
        throw new IllegalStateException(
            "%s: bootstrap of rank=%d is closed".formatted(call, rank()));
      }
      if (broken != null) {
        // a new object: this one's stack trace is the caller's
        throw new BootstrapException(broken.rank(), broken.getMessage(), broken);
      }
      return run(round(++rounds, call, given), "%s: rank=%d".formatted(call, rank()), nanos);
    } catch (BootstrapException e) {
      broken = e;
      throw e;
    } finally {
      inCall.set(null);
    }
  }

  private PmixRound round(long number, PmixEntry.Call call, byte[] given) {
    return new PmixRound(client, "moelink." + number, new PmixEntry(call, given));
  }

  private byte[][] run(PmixRound round, String what, long nanos) {
    long start = System.nanoTime();
    PmixRound.Fence fence = fence(round, what, nanos);
    long waited = System.nanoTime() - start;
    Supplier<byte[][]> look =
        fence == PmixRound.Fence.COMPLETE
            ? round::read
            : () -> {
              throw round.why(fence, TimeUnit.NANOSECONDS.toMillis(waited));
            };
    try {
      return threads.await(
          threads.start(look), what, rank(), Math.max(nanos - waited, 0) + GRACE.toNanos());
    } catch (TimeoutException e) {
      throw new BootstrapException(
          -1,
          "%s waited %d ms for the launcher's PMIx server"
              .formatted(what, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)),
          e);
    }
  }

  private PmixRound.Fence fence(PmixRound round, String what, long nanos) {
    CompletableFuture<PmixRound.Fence> fence = threads.start(() -> round.enter(seconds(nanos)));
    long patience = Math.min(nanos, PmixRound.PATIENCE.toNanos());
    try {
      return threads.await(fence, what, rank(), patience);
    } catch (TimeoutException slow) {
      threads.start(
          () -> {
            round.publish();
            return null;
          });
    }
    try {
      return threads.await(fence, what, rank(), nanos - patience);
    } catch (TimeoutException e) {
      return PmixRound.Fence.LATE;
    }
  }

  /** PMIx counts in whole seconds, and takes 0 for ever. */
  private static int seconds(long nanos) {
    long seconds = TimeUnit.NANOSECONDS.toSeconds(nanos) + 1;
    return Math.clamp(seconds, 1, Integer.MAX_VALUE);
  }

  /** A duration in nanoseconds, those of centuries cut short. */
  private static long nanos(Duration timeout) {
    return timeout.compareTo(Duration.ofNanos(FOREVER)) < 0 ? timeout.toNanos() : FOREVER;
  }

  /** Publishes that it closes, so that others do not take it for dead, and leaves the server. */
  @Override
  public void close() {
    closed = true;
    threads.stop(
        () -> {
          round(rounds + 1, PmixEntry.Call.CLOSE, NOTHING).publish();
          client.close();
        },
        CLOSE_TIMEOUT);
  }
}
