package io.moelink.bootstrap;

import java.time.Duration;
import java.util.Map;

/**
 * Opens the bootstraps of processes that one kind of launcher starts. Found by {@link
 * java.util.ServiceLoader}; for any thread. A runtime whose launcher moelink does not know adds
 * one, and its ranks then find each other as those of any other launcher do.
 */
public interface BootstrapProvider {
  /** The name a user chooses it by, such as {@code env}. */
  String name();

  /**
   * Of several that know their launcher, the one with the highest number is taken. Those of moelink
   * are below 100.
   */
  int precedence();

  /**
   * Whether a launcher of this kind has started the process with these variables. Looks at the
   * variables alone, and never throws.
   *
   * @param variables of the process, as {@link System#getenv()} gives them
   */
  boolean startedWith(Map<String, String> variables);

  /**
   * Opens this process's rank. All ranks must call it, and it returns when all have.
   *
   * @param variables of the process, as {@link System#getenv()} gives them
   * @param timeout for all ranks to come
   * @throws io.moelink.layout.InvalidInputException naming the variable that is missing or wrong
   * @throws BootstrapException naming a rank that did not come, or what cannot be used here and
   *     what to do
   */
  Bootstrap open(Map<String, String> variables, Duration timeout);
}
