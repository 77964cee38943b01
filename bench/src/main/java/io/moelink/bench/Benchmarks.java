package io.moelink.bench;

import java.io.IOException;

/**
 * Runs the benchmarks of this module: all of them, or those that JMH's own arguments name, for
 * example {@code LayoutBenchmark -p topology=flat-16}. Which JVM flags and how many rounds is
 * written at each benchmark.
 */
public final class Benchmarks {
  private Benchmarks() {}

  public static void main(String[] arguments) throws IOException {
    org.openjdk.jmh.Main.main(arguments);
  }
}
