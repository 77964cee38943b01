package io.moelink.bootstrap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A job on this host with a port of its own.
 *
 * @param host where the store is
 * @param isLaunched a launcher holds it
 */
record TestJob(String host, int port, int size, boolean isLaunched) {
  static final String SECRET = "a secret of these tests";

  /** A job whose rank 0 holds the store. */
  TestJob(String host, int port, int size) {
    this(host, port, size, false);
  }

  static TestJob of(int size) {
    return of("127.0.0.1", size);
  }

  static TestJob of(String host, int size) {
    try (ServerSocket free = new ServerSocket()) {
      free.bind(new InetSocketAddress(InetAddress.getByName(host), 0));
      return new TestJob(host, free.getLocalPort(), size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same with a store that no rank holds. */
  TestJob launched() {
    return new TestJob(host, port, size, true);
  }

  /** The environment of a rank. */
  Map<String, String> variables(int rank) {
    Map<String, String> variables = new HashMap<>();
    variables.putAll(
        Map.of(
            "RANK", Integer.toString(rank),
            "WORLD_SIZE", Integer.toString(size),
            "MASTER_ADDR", host,
            "MASTER_PORT", Integer.toString(port),
            "MOELINK_SECRET", SECRET));
    if (isLaunched) {
      variables.put(JobStore.VARIABLE, JobStore.BY_LAUNCHER);
    }
    return variables;
  }

  Bootstrap open(int rank, Duration timeout) {
    return Bootstraps.fromEnvironment(variables(rank), timeout);
  }

  /** Opens the bootstraps of all ranks, each in a thread of its own. */
  List<Bootstrap> openAll(Duration timeout) {
    List<Bootstrap> ranks = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(size)) {
      List<Future<Bootstrap>> opening = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        int mine = rank;
        opening.add(threads.submit(() -> open(mine, timeout)));
      }
      for (Future<Bootstrap> one : opening) {
        ranks.add(one.get());
      }
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException("a job that did not come up", e);
    }
    return ranks;
  }

  InetSocketAddress address() {
    return new InetSocketAddress(host, port);
  }
}
