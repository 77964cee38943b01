package io.moelink.cli.launch;

import io.moelink.bootstrap.HostList;
import io.moelink.bootstrap.JobStore;
import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/** What every rank finds in its environment; the secret is nowhere else. */
final class RankEnvironment {
  /** The process that started the rank; see {@link LauncherWatch}. */
  static final String LAUNCHER_PID = "MOELINK_LAUNCHER_PID";

  /** Flags for the JVM of a rank, which the script moelink passes on. */
  static final String JAVA_OPTS = "MOELINK_JAVA_OPTS";

  /** What a job of several hosts finds in the environment of its launchers. */
  private static final String SECRET = "MOELINK_SECRET";

  private static final String PORT = "MASTER_PORT";
  private static final String HOST = "127.0.0.1";
  private static final int SECRET_BYTES = 32;
  private static final int PORT_MIN = 10_240;
  private static final int PORTS_TRIED = 100;
  private static final Path EPHEMERAL_PORTS = Path.of("/proc/sys/net/ipv4/ip_local_port_range");

  /** Of the host's memory, for the heaps of all ranks together: rows lie outside of them. */
  private static final double HEAP_PERCENT = 50;

  private final int ranks;
  private final int first;
  private final int size;
  private final String host;
  private final String port;
  private final String secret;

  private RankEnvironment(int ranks, int first, int size, String host, String port, String secret) {
    this.ranks = ranks;
    this.first = first;
    this.size = size;
    this.host = host;
    this.port = port;
    this.secret = secret;
  }

  /** Of a job that is on this host alone. */
  static RankEnvironment ofThisHost(int ranks) throws IOException {
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    return new RankEnvironment(
        ranks, 0, ranks, HOST, Integer.toString(freePort()), HexFormat.of().formatHex(random));
  }

  /**
   * Of a job with as many ranks on every host.
   *
   * @param source where the hosts were given, for messages
   * @param variables of this process
   */
  static RankEnvironment ofHosts(
      int ranks, String source, HostList hosts, Map<String, String> variables) {
    String secret = variables.get(SECRET);
    if (secret == null || secret.isBlank()) {
      throw new InvalidInputException(
          "%s: found no %s, expected the same one on every host".formatted(source, SECRET));
    }
    return new RankEnvironment(
        ranks,
        hosts.indexHere(source) * ranks,
        hosts.hosts().size() * ranks,
        hosts.hosts().get(0),
        variables.getOrDefault(PORT, Integer.toString(HostList.PORT_DEFAULT)),
        secret);
  }

  /** The rank that is the first of this host. */
  int first() {
    return first;
  }

  /** The store that all ranks of the job meet at, where it is to be held here; null elsewhere. */
  JobStore store() {
    return first > 0 || size == 1 ? null : JobStore.open(job());
  }

  private Map<String, String> job() {
    return Map.of(
        "WORLD_SIZE", Integer.toString(size), "MASTER_ADDR", host, PORT, port, SECRET, secret);
  }

  /** Adds what rank number so-and-so needs. */
  void addTo(Map<String, String> environment, int rank) {
    environment.put("RANK", Integer.toString(rank));
    environment.put("LOCAL_RANK", Integer.toString(rank - first));
    environment.put("LOCAL_WORLD_SIZE", Integer.toString(ranks));
    environment.putAll(job());
    environment.put(JobStore.VARIABLE, JobStore.BY_LAUNCHER);
    environment.put(LAUNCHER_PID, Long.toString(ProcessHandle.current().pid()));
    environment.putIfAbsent(
        JAVA_OPTS,
        String.format(
            Locale.ROOT, "-XX:+UseSerialGC -XX:MaxRAMPercentage=%.3f", HEAP_PERCENT / ranks));
  }

  /**
   * A port that nobody has now. Not one of those that the system deals out to whoever connects: a
   * rank that looks for rank 0 too early could be dealt the very port that rank 0 is to have.
   */
  private static int freePort() throws IOException {
    int end = firstEphemeralPort();
    SplittableRandom random = new SplittableRandom(System.nanoTime());
    for (int i = 0; i < PORTS_TRIED && end > PORT_MIN; i++) {
      int port = random.nextInt(PORT_MIN, end);
      if (isFree(port)) {
        return port;
      }
    }
    try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
      return any.getLocalPort();
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(HOST, port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  private static int firstEphemeralPort() throws IOException {
    if (!Files.isReadable(EPHEMERAL_PORTS)) {
      return 0;
    }
    return Integer.parseInt(Files.readString(EPHEMERAL_PORTS).strip().split("\\s+")[0]);
  }
}
