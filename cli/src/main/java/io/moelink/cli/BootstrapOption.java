package io.moelink.cli;

import io.moelink.bootstrap.BootstrapProvider;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.layout.InvalidInputException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The option that says how the ranks of a job find each other. */
public final class BootstrapOption {
  /** All ranks are threads of this process. */
  private static final String IN_JVM = "jvm";

  /** The names that can be given, for help. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return names().iterator();
    }
  }

  @Option(
      names = "--bootstrap",
      paramLabel = "NAME",
      completionCandidates = Names.class,
      description =
          "How ranks that are processes find each other: one of ${COMPLETION-CANDIDATES}; jvm runs"
              + " all ranks as threads of this process (default: that of the launcher that"
              + " started this process, jvm if none has).")
  private String name;

  private static List<String> names() {
    return Stream.concat(Bootstraps.all().stream().map(BootstrapProvider::name), Stream.of(IN_JVM))
        .toList();
  }

  /**
   * What opens the rank that this process is; nothing when all ranks are threads of it.
   *
   * @param transport the transport's option; one that has threads alone wants all ranks here
   */
  public Optional<BootstrapProvider> provider(TransportOption transport) {
    if (name == null) {
      return transport.isOfOneProcess() ? Optional.empty() : Bootstraps.started(System.getenv());
    }
    if (!names().contains(name)) {
      throw new InvalidInputException(
          "--bootstrap: found " + name + ", expected one of " + String.join(", ", names()));
    }
    if (name.equals(IN_JVM)) {
      return Optional.empty();
    }
    if (transport.isOfOneProcess()) {
      throw new InvalidInputException(
          "--bootstrap: found %s, expected %s, since the ranks of --transport %s are threads"
              .formatted(name, IN_JVM, transport.name()));
    }
    return Optional.of(Bootstraps.named(name));
  }
}
