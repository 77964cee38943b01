package io.moelink.bootstrap;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Finds the store of a job, which may be there later than this rank. */
final class StoreClient {
  private static final long PAUSE_MILLIS_MIN = 20;
  private static final long PAUSE_MILLIS_MAX = 250;

  private final JobEnvironment job;
  private final Duration timeout;
  private final long deadlineNanos;
  private String lastFailure = "nothing was tried";

  private StoreClient(JobEnvironment job, Duration timeout) {
    this.job = job;
    this.timeout = timeout;
    long now = System.nanoTime();
    // differences of nanoTime must stay below half of the range
    deadlineNanos = now + Math.min(Meeting.nanos(timeout), Long.MAX_VALUE / 2);
  }

  /** Returns when all ranks have come. */
  static Bootstrap open(JobEnvironment job, Duration timeout) {
    StoreClient client = new StoreClient(job, timeout);
    RemoteBootstrap mine =
        new RemoteBootstrap(job.rank(), job.size(), job.launched(), client.connect());
    try {
      mine.join(Duration.ofNanos(client.nanosLeft()));
      return mine;
    } catch (BootstrapException e) {
      mine.close();
      throw e;
    }
  }

  private Wire connect() {
    long pauseMillis = PAUSE_MILLIS_MIN;
    while (true) {
      Wire wire = tryAddresses();
      if (wire != null) {
        return wire;
      }
      pause(pauseMillis);
      pauseMillis = Math.min(2 * pauseMillis, PAUSE_MILLIS_MAX);
      if (nanosLeft() <= 0) {
        throw new BootstrapException(
            job.launched() ? JobEnvironment.NO_RANK : 0,
            "%s: rank=%d found no store of %s at %s within %d ms: %s"
                .formatted(
                    Message.Call.JOIN,
                    job.rank(),
                    job.holder(),
                    job.place(),
                    timeout.toMillis(),
                    lastFailure));
      }
    }
  }

  private Wire tryAddresses() {
    try {
      for (InetAddress address : InetAddress.getAllByName(job.host())) {
        Wire wire = tryAddress(new InetSocketAddress(address, job.port()));
        if (wire != null) {
          return wire;
        }
      }
    } catch (UnknownHostException e) {
      lastFailure = "no such host";
    }
    return null;
  }

  private Wire tryAddress(InetSocketAddress address) {
    SocketChannel channel = null;
    Wire wire = null;
    long nanos = Math.min(nanosLeft(), TcpStore.HANDSHAKE_TIMEOUT.toNanos());
    try {
      channel = SocketChannel.open();
      wire = handshake(channel, address, nanos);
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw interrupted(e);
      }
      lastFailure = e.getMessage();
    } finally {
      if (wire == null && channel != null) {
        Deadline.closeChannel(channel);
      }
    }
    return wire;
  }

  private Wire handshake(SocketChannel channel, InetSocketAddress address, long nanos)
      throws IOException {
    try (Deadline deadline = Deadline.of(nanos, channel)) {
      try {
        channel.connect(address);
        if (channel.getLocalAddress().equals(channel.getRemoteAddress())) {
          // TCP connects a port to itself when nobody listens and the system deals it out
          throw new IOException("Connection refused");
        }
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return Handshake.join(channel, job);
      } catch (IOException e) {
        throw deadline.passed() ? new IOException("no answer", e) : e;
      }
    }
  }

  private void pause(long millis) {
    long nanos = Duration.ofMillis(millis).toNanos();
    // not all at once again, and not beyond the deadline
    long jittered = nanos / 2 + ThreadLocalRandom.current().nextLong(nanos);
    try {
      Thread.sleep(Duration.ofNanos(Math.min(jittered, Math.max(nanosLeft(), 0))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(e);
    }
  }

  private BootstrapException interrupted(Exception e) {
    return new BootstrapException(
        job.rank(), "%s: rank=%d was interrupted".formatted(Message.Call.JOIN, job.rank()), e);
  }

  private long nanosLeft() {
    return deadlineNanos - System.nanoTime();
  }
}
