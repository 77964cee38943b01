package io.moelink.cli;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Runs all ranks of a job as threads of this process. */
public final class RankThreads {
  /** What one rank does. */
  @FunctionalInterface
  public interface Body<T> {
    T run(Bootstrap bootstrap) throws Exception;
  }

  private RankThreads() {}

  /**
   * Runs the body once for each rank and returns when all have ended. A rank that fails leaves its
   * group, which makes the others fail too.
   *
   * @return the results by rank
   * @throws Exception the first failure in time
   */
  public static <T> List<T> run(int ranks, Body<T> body) throws Exception {
    List<T> results = new ArrayList<>(Collections.nCopies(ranks, null));
    List<Exception> failures = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    List<Bootstrap> bootstraps = Bootstraps.inJvm(ranks);
    for (Bootstrap bootstrap : bootstraps) {
      threads.add(
          Thread.ofPlatform()
              .name("rank-" + bootstrap.rank())
              .start(
                  () -> {
                    try (bootstrap) {
                      results.set(bootstrap.rank(), body.run(bootstrap));
                    } catch (Exception e) {
                      failures.add(e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    return results;
  }
}
