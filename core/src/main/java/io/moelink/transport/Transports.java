package io.moelink.transport;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** The transports on the class path or module path. For any thread. */
public final class Transports {
  private Transports() {}

  /** All providers, available or not, by name. */
  public static List<TransportProvider> all() {
    List<TransportProvider> found = new ArrayList<>();
    ServiceLoader.load(TransportProvider.class, Transports.class.getClassLoader())
        .forEach(found::add);
    found.sort(Comparator.comparing(TransportProvider::name));
    return List.copyOf(found);
  }

  /**
   * The provider with this name, available or not.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static TransportProvider named(String name) {
    List<TransportProvider> found = all();
    for (TransportProvider provider : found) {
      if (provider.name().equals(name)) {
        return provider;
      }
    }
    throw new IllegalArgumentException(
        "transport '%s' is not known, expected one of %s"
            .formatted(name, found.stream().map(TransportProvider::name).toList()));
  }
}
