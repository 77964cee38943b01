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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * moelink on one transport: ranks are threads of one JVM on loopback, else a JVM each.
 *
 * @param name short and stable
 * @param provider of the transport
 * @param variables that its processes get besides their own
 * @param algorithm name of the algorithm
 * @param knownRouting whether the routing is worked out once, not in every round
 */
record Moelink(
    String name,
    TransportProvider provider,
    Map<String, String> variables,
    String algorithm,
    boolean knownRouting)
    implements Contestant {
  private static final String LOOPBACK = "loopback";
  private static final String UCX = "ucx";
  private static final String UCX_TCP = "ucx-tcp";
  private static final Map<String, String> TCP_ON_LOOPBACK =
      Map.of("UCX_TLS", "tcp,self", "UCX_NET_DEVICES", "lo");

  /** moelink over what a transport finds here, and {@code ucx} once more held to TCP. */
  static List<Moelink> all(String algorithm, boolean knownRouting) {
    List<Moelink> all = new ArrayList<>();
    for (TransportProvider provider : Transports.all()) {
      String name = provider.name();
      all.add(new Moelink(name, provider, Map.of(), algorithm, knownRouting));
      if (name.equals(UCX)) {
        all.add(new Moelink(UCX_TCP, provider, TCP_ON_LOOPBACK, algorithm, knownRouting));
      }
    }
    return all;
  }

  /** Whether a contestant of that name is moelink. */
  static boolean isName(String name) {
    return all("", false).stream().anyMatch(contestant -> contestant.name().equals(name));
  }

  @Override
  public Optional<String> missing() {
    return provider.availability() instanceof Availability.Unavailable unavailable
        ? Optional.of(unavailable.why() + "; " + unavailable.whatToDo())
        : Optional.empty();
  }

  @Override
  public boolean compiles() {
    return true;
  }

  @Override
  public Start start(Job job, Workplace place) {
    RankOptions options =
        new RankOptions(
            place.socket(), place.job(), place.barrier(), provider.name(), algorithm, knownRouting);
    if (provider.name().equals(LOOPBACK)) {
      return Start.of(job.ranks(), command(options, "-XX:+UseParallelGC")).with(variables);
    }
    return Start.ofRanks(job.ranks(), command(options, "-XX:+UseSerialGC")).with(variables);
  }

  /** This JVM's program, class path and access flags, for a process of ranks. */
  private static List<String> command(RankOptions options, String collector) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--"))
        .forEach(command::add);
    String own = System.getenv("MOELINK_JAVA_OPTS");
    command.addAll(own == null ? flags(collector) : List.of(own.strip().split("\\s+")));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(RankServer.class.getName());
    command.addAll(Arrays.asList(options.words()));
    return command;
  }

  /**
   * Code and routing in huge pages, where the system has them: ranks that share a core miss less.
   */
  private static List<String> flags(String collector) {
    return List.of(collector, "-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UseTransparentHugePages");
  }

  @Override
  public long bytes(Job job) {
    long jvms = provider.name().equals(LOOPBACK) ? 1 : job.ranks();
    // and what ranks stage, and their heaps
    return JobBytes.ofRows(job) + (jvms * 150 << 20);
  }
}
