package io.moelink.transport;

/** Opens transports of one kind. Found by {@link java.util.ServiceLoader}; for any thread. */
public interface TransportProvider {
  /** The name a user chooses it by, such as {@code loopback}. */
  String name();

  /** Whether it can run here and, if not, why and what to do. Never throws for that reason. */
  Availability availability();

  /**
   * Opens the transport of one rank. Collective: all ranks of the bootstrap must call it, and it
   * returns when all have, or fails when the configured timeout has passed.
   *
   * @throws TransportException when a rank did not come, or the ranks do not fit together
   * @throws IllegalStateException when the transport is not available here
   */
  Transport open(TransportConfig config);
}
