package io.moelink.bootstrap;

import io.moelink.layout.InvalidInputException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The hosts of a job in the order of their ranks: rank 0 is the first of the first host.
 *
 * @param hosts names or addresses, each once
 */
public record HostList(List<String> hosts) {
  /** Most hosts of a job. */
  public static final int HOSTS_MAX = JobEnvironment.WORLD_SIZE_MAX;

  /** Where rank 0 listens when no port is given: what torchrun takes, too. */
  public static final int PORT_DEFAULT = 29_500;

  /** Copies the list. */
  public HostList {
    hosts = List.copyOf(hosts);
  }

  /**
   * Reads a list.
   *
   * @param source where it was found, for the message
   * @param text hosts with commas between them
   * @throws InvalidInputException when a host is empty or there twice, or there are too many
   */
  public static HostList parse(String source, String text) {
    List<String> hosts = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String part : text.split(",", -1)) {
      String host = part.strip();
      if (host.isEmpty() || !seen.add(host)) {
        throw new InvalidInputException(
            "%s: found %s in %s, expected hosts with commas between them, each once"
                .formatted(
                    source,
                    host.isEmpty() ? "an empty host" : JobEnvironment.shown(host) + " again",
                    JobEnvironment.shown(text)));
      }
      hosts.add(host);
    }
    if (hosts.size() > HOSTS_MAX) {
      throw new InvalidInputException(
          "%s: found %d hosts, expected at most %d".formatted(source, hosts.size(), HOSTS_MAX));
    }
    return new HostList(hosts);
  }

  /**
   * Which of the hosts this is.
   *
   * @param source where the list was found, for the message
   * @throws InvalidInputException when it is none of them, or more than one
   */
  public int indexHere(String source) {
    int found = -1;
    for (int i = 0; i < hosts.size(); i++) {
      if (isHere(hosts.get(i))) {
        if (found >= 0) {
          throw new InvalidInputException(
              "%s: found %s and %s, which are both this host, expected it once"
                  .formatted(source, shown(found), shown(i)));
        }
        found = i;
      }
    }
    if (found < 0) {
      throw new InvalidInputException(
          "%s: found %s, none of which is this host, expected a name or address of it among them"
              .formatted(source, JobEnvironment.shown(String.join(",", hosts))));
    }
    return found;
  }

  private String shown(int index) {
    return JobEnvironment.shown(hosts.get(index));
  }

  private static boolean isHere(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null) {
          return true;
        }
      }
      return false;
    } catch (UnknownHostException elsewhere) {
      // a name that this host need not know, unless it is that of rank 0
      return false;
    } catch (SocketException e) {
      throw new BootstrapException(
          -1, "join: the network interfaces cannot be listed: " + e.getMessage(), e);
    }
  }
}
