package io.moelink.bench.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Contestants that run beside each other; close ends all of them. */
final class RunningGroup implements AutoCloseable {
  private final List<Running> all = new ArrayList<>();

  void add(Running running) {
    all.add(running);
  }

  List<Running> all() {
    return Collections.unmodifiableList(all);
  }

  /**
   * Ends them.
   *
   * @throws IOException the first failure, when all have been tried
   */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Running running : all) {
      try {
        running.close();
      } catch (IOException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
