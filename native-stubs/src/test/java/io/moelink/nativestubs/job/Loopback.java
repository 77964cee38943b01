package io.moelink.nativestubs.job;

import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.kernel.HostKernels;
import io.moelink.transport.Transports;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What ranks get on loopback with the kernels in Java: what they must get anywhere. */
final class Loopback {
  private Loopback() {}

  /** The digest of every rank. */
  static List<String> digests(ExpertGroupConfig config, int rounds)
      throws InterruptedException, ExecutionException, TimeoutException {
    System.setProperty(HostKernels.PROPERTY, "java");
    List<Bootstrap> bootstraps = Bootstraps.inJvm(config.topology().rankCount());
    ExecutorService threads = Executors.newFixedThreadPool(bootstraps.size());
    try {
      List<Future<String>> ranks = new ArrayList<>();
      for (Bootstrap bootstrap : bootstraps) {
        ranks.add(threads.submit(() -> rank(config, bootstrap, rounds)));
      }
      List<String> digests = new ArrayList<>();
      for (Future<String> rank : ranks) {
        digests.add(rank.get(60, TimeUnit.SECONDS));
      }
      return digests;
    } finally {
      threads.shutdownNow();
      System.clearProperty(HostKernels.PROPERTY);
    }
  }

  private static String rank(ExpertGroupConfig config, Bootstrap bootstrap, int rounds) {
    try (ExpertGroup group = ExpertGroup.open(config, bootstrap, Transports.named("loopback"));
        GroupWork work = new GroupWork(group)) {
      for (int round = 1; round <= rounds; round++) {
        work.round(round);
      }
      return work.digest();
    }
  }
}
