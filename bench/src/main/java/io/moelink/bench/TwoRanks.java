package io.moelink.bench;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.Transports;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Two ranks of this process. */
record TwoRanks(Transport first, Transport second) implements AutoCloseable {
  static TwoRanks open(String transport) throws InterruptedException, ExecutionException {
    List<Bootstrap> bootstraps = Bootstraps.inJvm(2);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<Transport>> opening =
          bootstraps.stream().map(b -> threads.submit(() -> open(transport, b))).toList();
      return new TwoRanks(opening.get(0).get(), opening.get(1).get());
    }
  }

  private static Transport open(String transport, Bootstrap bootstrap) {
    return Transports.named(transport)
        .open(new TransportConfig(bootstrap, 8, Duration.ofSeconds(10), 1));
  }

  @Override
  public void close() {
    first.close();
    second.close();
  }
}
