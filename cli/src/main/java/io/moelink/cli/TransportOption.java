package io.moelink.cli;

import io.moelink.layout.InvalidInputException;
import io.moelink.transport.Availability;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.Transports;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Option;

/** The option that says what carries the rows. */
public final class TransportOption {
  /** The names of the transports, for help. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return names().iterator();
    }
  }

  @Option(
      names = "--transport",
      paramLabel = "NAME",
      defaultValue = "loopback",
      completionCandidates = Names.class,
      description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private String name;

  private static List<String> names() {
    return Transports.all().stream().map(TransportProvider::name).toList();
  }

  /** The transport that was asked for, which can run here. */
  public TransportProvider provider() {
    if (!names().contains(name)) {
      throw new InvalidInputException(
          "--transport: found " + name + ", expected one of " + String.join(", ", names()));
    }
    TransportProvider provider = Transports.named(name);
    if (provider.availability() instanceof Availability.Unavailable unavailable) {
      throw new IllegalStateException(
          "transport " + name + ": " + unavailable.why() + "; " + unavailable.whatToDo());
    }
    return provider;
  }

  /** The name that was asked for. */
  public String name() {
    return name;
  }

  /** Whether its ranks can be threads of one process alone, whatever started the process. */
  public boolean isOfOneProcess() {
    return name.equals("loopback");
  }
}
