package io.moelink.nativestubs;

import io.moelink.transport.Availability;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportProvider;

/** Opens transports whose ranks are processes (or threads) of one host over shared memory. */
public final class ShmTransportProvider implements TransportProvider {
  static final String NAME = "shm";

  /** For the service loader. */
  public ShmTransportProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability availability() {
    FabricLibrary library = FabricLibrary.shm();
    return library.symbols() == null
        ? new Availability.Unavailable(library.why(), FabricLibrary.WHAT_TO_DO)
        : Availability.available();
  }

  @Override
  public Transport open(TransportConfig config) {
    if (availability() instanceof Availability.Unavailable unavailable) {
      throw new IllegalStateException(
          "transport shm: " + unavailable.why() + "; " + unavailable.whatToDo());
    }
    return ShmTransport.open(config);
  }
}
