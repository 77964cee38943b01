package io.moelink.nativestubs.fabric;

import io.moelink.nativestubs.abi.NativeLibrary;
import io.moelink.transport.Availability;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;

/** Opens transports over a backend's library, if it is there. For any thread. */
public final class FabricTransports {
  private FabricTransports() {}

  /** Whether a library is there, as a transport provider says it. */
  public static Availability availability(NativeLibrary library) {
    return switch (library) {
      case NativeLibrary.Loaded loaded -> Availability.available();
      case NativeLibrary.Missing missing ->
          new Availability.Unavailable(missing.why(), missing.whatToDo());
    };
  }

  /**
   * Opens the transport of one rank; see {@link io.moelink.transport.TransportProvider#open}.
   *
   * @param name the backend's name
   */
  public static Transport open(String name, NativeLibrary library, TransportConfig config) {
    return switch (library) {
      case NativeLibrary.Loaded loaded -> new FabricOpening(loaded.fabric(), name, config).open();
      case NativeLibrary.Missing missing ->
          throw new IllegalStateException(
              "transport '%s' is not available: %s; %s"
                  .formatted(name, missing.why(), missing.whatToDo()));
    };
  }
}
