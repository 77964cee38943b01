package io.moelink.bootstrap;

import java.time.Duration;
import java.util.Map;

/**
 * Ranks that find each other through variables and a TCP store: {@link
 * Bootstraps#fromEnvironment(Map, Duration)}.
 */
public final class EnvironmentBootstrapProvider implements BootstrapProvider {
  private static final int PRECEDENCE = 20;

  /** For the service loader. */
  public EnvironmentBootstrapProvider() {}

  @Override
  public String name() {
    return "env";
  }

  @Override
  public int precedence() {
    return PRECEDENCE;
  }

  @Override
  public boolean startedWith(Map<String, String> variables) {
    return variables.containsKey("RANK");
  }

  @Override
  public Bootstrap open(Map<String, String> variables, Duration timeout) {
    return Bootstraps.fromEnvironment(variables, timeout);
  }
}
