package io.moelink.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Who takes turns with whom where memory does not hold all contestants at once: the first ones, to
 * which the others are compared, are in every batch.
 */
final class Batches {
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final double SHARE = 0.9;

  private Batches() {}

  /**
   * Deals contestants to batches in order.
   *
   * @param common how many of the first ones every batch has
   * @param memory bytes that there are
   */
  static <T> List<List<T>> of(List<T> all, int common, ToLongFunction<T> bytes, long memory) {
    List<T> head = all.subList(0, Math.min(common, all.size()));
    long used = head.stream().mapToLong(bytes).sum();
    List<List<T>> batches = new ArrayList<>();
    List<T> batch = new ArrayList<>(head);
    long left = memory - used;
    for (T next : all.subList(head.size(), all.size())) {
      long need = bytes.applyAsLong(next);
      if (need > left && batch.size() > head.size()) {
        batches.add(batch);
        batch = new ArrayList<>(head);
        left = memory - used;
      }
      batch.add(next);
      left -= need;
    }
    batches.add(batch);
    for (List<T> one : batches) {
      long need = one.stream().mapToLong(bytes).sum();
      if (need > memory) {
        throw new IllegalStateException(
            "memory: found %,d MB, expected %,d MB for the contestants of one batch"
                .formatted(memory >> 20, need >> 20));
      }
    }
    return batches;
  }

  /** Bytes that this host can give now. */
  static long available() throws IOException {
    for (String line : Files.readAllLines(MEMORY)) {
      if (line.startsWith("MemAvailable:")) {
        long kilobytes = Long.parseLong(line.replaceAll("\\D", ""));
        return (long) (SHARE * 1024 * kilobytes);
      }
    }
    throw new IllegalStateException(MEMORY + ": found no line MemAvailable");
  }
}
