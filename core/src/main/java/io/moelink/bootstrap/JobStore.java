package io.moelink.bootstrap;

import java.util.Map;

/**
 * The store of a job in the hands of what has started the ranks, so that it outlives each of them:
 * the ranks can go on without rank 0, too. For any thread.
 */
public final class JobStore implements AutoCloseable {
  /** The variable that says to ranks who holds the store. */
  public static final String VARIABLE = JobEnvironment.STORE;

  /** Its value where a launcher does; it is not set where rank 0 does. */
  public static final String BY_LAUNCHER = JobEnvironment.BY_LAUNCHER;

  private final TcpStore store;

  private JobStore(TcpStore store) {
    this.store = store;
  }

  /**
   * Listens for the ranks of a job.
   *
   * @param variables {@code WORLD_SIZE}, {@code MASTER_ADDR}, {@code MASTER_PORT} and {@code
   *     MOELINK_SECRET}, as the ranks get them; these get {@link #VARIABLE}, too
   * @throws io.moelink.layout.InvalidInputException naming the variable that is missing or wrong
   * @throws BootstrapException if the port is taken
   */
  public static JobStore open(Map<String, String> variables) {
    return new JobStore(TcpStore.open(JobEnvironment.ofLauncher(variables)));
  }

  /** Says goodbye to ranks that are left and ends all threads, within two seconds or so. */
  @Override
  public void close() {
    store.close();
  }
}
