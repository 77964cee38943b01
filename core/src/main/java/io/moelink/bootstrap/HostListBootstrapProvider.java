package io.moelink.bootstrap;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Ranks that are given as a list of hosts, one rank on each, with the same variables everywhere:
 * {@code MOELINK_HOSTS}, names or addresses with commas between them, and {@code MOELINK_SECRET}. A
 * rank finds its number by looking which of the hosts it is on. The first host's rank serves the
 * store, at {@code MASTER_PORT}, {@link HostList#PORT_DEFAULT} when not set. For several ranks of a
 * host there is {@code moelink launch --hosts}.
 */
public final class HostListBootstrapProvider implements BootstrapProvider {
  /** The variable that holds the list. */
  public static final String HOSTS = "MOELINK_HOSTS";

  private static final int PRECEDENCE = 10;

  /** For the service loader. */
  public HostListBootstrapProvider() {}

  @Override
  public String name() {
    return "hosts";
  }

  @Override
  public int precedence() {
    return PRECEDENCE;
  }

  @Override
  public boolean startedWith(Map<String, String> variables) {
    return variables.containsKey(HOSTS);
  }

  @Override
  public Bootstrap open(Map<String, String> variables, Duration timeout) {
    HostList list = HostList.parse(HOSTS, variables.getOrDefault(HOSTS, ""));
    Map<String, String> job = new HashMap<>(variables);
    job.put("RANK", Integer.toString(list.indexHere(HOSTS)));
    job.put("WORLD_SIZE", Integer.toString(list.hosts().size()));
    job.put("MASTER_ADDR", list.hosts().get(0));
    job.putIfAbsent("MASTER_PORT", Integer.toString(HostList.PORT_DEFAULT));
    return Bootstraps.fromEnvironment(job, timeout);
  }
}
