package io.moelink.nativestubs.job;

import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.LostExperts;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapException;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.kernel.ElementType;
import io.moelink.layout.topology.Topologies;
import io.moelink.transport.TransportException;
import io.moelink.transport.Transports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A rank that is a process: {@code TOPOLOGY ALGORITHM TYPE UNITS ROUNDS TRANSPORT}. Says {@code
 * ready} after the first round, now and then {@code round R rss KIB fds N}, and at the end {@code
 * digest HEX}; or {@code failed RANK MESSAGE} and exits with 3. With {@link #SHRINK} in the
 * environment it then goes on with the ranks that are left, and says {@code shrunk RANKS digest
 * HEX}, or {@code alone RANK MESSAGE}.
 */
final class GroupProcess {
  /** Variables: limits in milliseconds, of joining, of every wait, of waiting for survivors. */
  static final String JOIN = "TEST_JOIN_MILLIS";

  static final String TIMEOUT = "TEST_TIMEOUT_MILLIS";
  static final String SHRINK = "TEST_SHRINK_MILLIS";

  /** A file that is made when the first round is done, where others wait for it. */
  static final String READY = "TEST_READY_FILE";

  /** Rounds of the ranks that are left. */
  static final int ROUNDS_LEFT = 2;

  private static final int REPORTS = 5;

  private GroupProcess() {}

  public static void main(String[] arguments) throws IOException {
    ExpertGroupConfig config =
        GroupWork.config(
            Topologies.named(arguments[0]),
            arguments[1],
            ElementType.parse(arguments[2]),
            Integer.parseInt(arguments[3]),
            millis(TIMEOUT, Duration.ofSeconds(30)));
    int rounds = Integer.parseInt(arguments[4]);
    String word = "failed";
    try (Bootstrap bootstrap =
            Bootstraps.fromEnvironment(System.getenv(), millis(JOIN, Bootstraps.JOIN_TIMEOUT));
        ExpertGroup group = ExpertGroup.open(config, bootstrap, Transports.named(arguments[5]))) {
      try {
        work(group, rounds);
      } catch (TransportException e) {
        if (System.getenv(SHRINK) == null) {
          throw e;
        }
        say("failed " + e.rank() + " " + e.getMessage());
        word = "alone";
        shrink(group);
      }
    } catch (TransportException e) {
      say(word + " " + e.rank() + " " + e.getMessage());
      System.exit(3);
    } catch (BootstrapException e) {
      say("failed " + e.rank() + " " + e.getMessage());
      System.exit(3);
    }
  }

  private static Duration millis(String variable, Duration otherwise) {
    String found = System.getenv(variable);
    return found == null ? otherwise : Duration.ofMillis(Long.parseLong(found));
  }

  private static void work(ExpertGroup group, int rounds) throws IOException {
    try (GroupWork work = new GroupWork(group)) {
      for (int round = 1; round <= rounds; round++) {
        work.round(round);
        if (round == 1) {
          say("ready " + group.transportName());
          ready();
        }
        if (rounds >= REPORTS && round % (rounds / REPORTS) == 0) {
          say("round " + round + " rss " + rssKib() + " fds " + descriptors());
        }
      }
      say("digest " + work.digest());
    }
  }

  private static void shrink(ExpertGroup group) {
    try (ExpertGroup left = group.shrink(millis(SHRINK, null), LostExperts.REPLACED);
        GroupWork work = new GroupWork(left)) {
      for (int round = 1; round <= ROUNDS_LEFT; round++) {
        work.round(round);
      }
      String ranks = Arrays.toString(left.remaining().formerRanks()).replace(" ", "");
      say("shrunk " + ranks + " digest " + work.digest());
    }
  }

  private static void ready() throws IOException {
    String file = System.getenv(READY);
    if (file != null && !Files.exists(Path.of(file))) {
      Files.write(Path.of(file), new byte[0]);
    }
  }

  /** With the time in front where several processes of a script are read. */
  private static void say(String line) {
    String prefix =
        System.getenv(READY) == null
            ? ""
            : "rank " + System.getenv("RANK") + " " + System.currentTimeMillis() + " ";
    System.out.println(prefix + line);
  }

  private static long rssKib() throws IOException {
    List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
    String line = status.stream().filter(l -> l.startsWith("VmRSS:")).findFirst().orElseThrow();
    return Long.parseLong(line.replaceAll("[^0-9]", ""));
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }
}
