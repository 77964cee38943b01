package io.moelink.nativestubs.job;

import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.kernel.ElementType;
import io.moelink.transport.TransportException;
import io.moelink.transport.Transports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A rank that is a process: {@code TOPOLOGY ALGORITHM TYPE UNITS ROUNDS TRANSPORT}. Says {@code
 * ready} after the first round, now and then {@code round R rss KIB fds N}, and at the end {@code
 * digest HEX}; or {@code failed RANK MESSAGE} and exits with 3.
 */
final class GroupProcess {
  private static final int REPORTS = 5;

  private GroupProcess() {}

  public static void main(String[] arguments) throws IOException {
    ExpertGroupConfig config =
        GroupWork.config(
            arguments[0],
            arguments[1],
            ElementType.parse(arguments[2]),
            Integer.parseInt(arguments[3]));
    int rounds = Integer.parseInt(arguments[4]);
    try (Bootstrap bootstrap = Bootstraps.fromEnvironment();
        ExpertGroup group = ExpertGroup.open(config, bootstrap, Transports.named(arguments[5]));
        GroupWork work = new GroupWork(group)) {
      for (int round = 1; round <= rounds; round++) {
        work.round(round);
        if (round == 1) {
          System.out.println("ready " + group.transportName());
        }
        if (rounds >= REPORTS && round % (rounds / REPORTS) == 0) {
          System.out.println("round " + round + " rss " + rssKib() + " fds " + descriptors());
        }
      }
      System.out.println("digest " + work.digest());
    } catch (TransportException e) {
      System.out.println("failed " + e.rank() + " " + e.getMessage());
      System.exit(3);
    }
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
