package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import io.moelink.bench.rank.RankOptions;
import io.moelink.bench.rank.RankServer;
import io.moelink.transport.Availability;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.Transports;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * moelink on one transport: ranks are threads of one JVM on loopback, else a JVM each.
 *
 * @param provider of the transport
 * @param algorithm name of the algorithm
 * @param knownRouting whether the routing is worked out once, not in every round
 */
record Moelink(TransportProvider provider, String algorithm, boolean knownRouting)
    implements Contestant {
  private static final String LOOPBACK = "loopback";

  @Override
  public String name() {
    return provider.name();
  }

  /** Whether a contestant of that name is moelink. */
  static boolean isName(String name) {
    return Transports.all().stream().anyMatch(provider -> provider.name().equals(name));
  }

  @Override
  public Optional<String> missing() {
    return provider.availability() instanceof Availability.Unavailable unavailable
        ? Optional.of(unavailable.why() + "; " + unavailable.whatToDo())
        : Optional.empty();
  }

  @Override
  public Start start(Job job, Workplace place) {
    RankOptions options =
        new RankOptions(
            place.socket(), place.job(), place.barrier(), provider.name(), algorithm, knownRouting);
    if (provider.name().equals(LOOPBACK)) {
      return Start.of(job.ranks(), command(options, "-XX:+UseParallelGC"));
    }
    return new Start(
        Collections.nCopies(job.ranks(), command(options, "-XX:+UseSerialGC")),
        RankVariables.of(job.ranks()),
        job.ranks());
  }

  /** This JVM's program, class path and access flags, for a process of ranks. */
  private static List<String> command(RankOptions options, String collector) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--"))
        .forEach(command::add);
    String own = System.getenv("MOELINK_JAVA_OPTS");
    command.addAll(own == null ? List.of(collector) : List.of(own.strip().split("\\s+")));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(RankServer.class.getName());
    command.addAll(Arrays.asList(options.words()));
    return command;
  }

  @Override
  public long bytes(Job job) {
    long jvms = provider.name().equals(LOOPBACK) ? 1 : job.ranks();
    // and what ranks stage, and their heaps
    return JobBytes.ofRows(job) + (jvms * 150 << 20);
  }
}
