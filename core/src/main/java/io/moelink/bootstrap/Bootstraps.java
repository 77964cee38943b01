package io.moelink.bootstrap;

import io.moelink.layout.InvalidInputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** Makes bootstraps, and finds those who do. For any thread. */
public final class Bootstraps {
  /** Most ranks of one JVM. */
  public static final int IN_JVM_RANKS_MAX = 4096;

  /** How long {@link #fromEnvironment()} waits for the ranks of the job. */
  public static final Duration JOIN_TIMEOUT = Duration.ofSeconds(60);

  private Bootstraps() {}

  /**
   * The bootstraps of a job whose ranks are threads of this JVM, by rank; hand one to each thread.
   *
   * @param size ranks, 1 to {@link #IN_JVM_RANKS_MAX}
   */
  public static List<Bootstrap> inJvm(int size) {
    if (size < 1 || size > IN_JVM_RANKS_MAX) {
      throw new IllegalArgumentException(
          "in-JVM bootstrap: size=%d is outside 1..%d".formatted(size, IN_JVM_RANKS_MAX));
    }
    return InJvmBootstrap.group(size);
  }

  /** All providers on the class path or module path, the one to prefer first. */
  public static List<BootstrapProvider> all() {
    List<BootstrapProvider> found = new ArrayList<>();
    ServiceLoader.load(BootstrapProvider.class, Bootstraps.class.getClassLoader())
        .forEach(found::add);
    found.sort(
        Comparator.comparingInt(BootstrapProvider::precedence)
            .reversed()
            .thenComparing(BootstrapProvider::name));
    return List.copyOf(found);
  }

  /**
   * The provider with this name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static BootstrapProvider named(String name) {
    List<BootstrapProvider> found = all();
    for (BootstrapProvider provider : found) {
      if (provider.name().equals(name)) {
        return provider;
      }
    }
    throw new IllegalArgumentException(
        "bootstrap '%s' is not known, expected one of %s"
            .formatted(name, found.stream().map(BootstrapProvider::name).toList()));
  }

  /**
   * The provider of the launcher that has started a process, nothing when none has.
   *
   * @param variables of the process, as {@link System#getenv()} gives them
   */
  public static Optional<BootstrapProvider> started(Map<String, String> variables) {
    return all().stream().filter(provider -> provider.startedWith(variables)).findFirst();
  }

  /**
   * This process's rank of the job that its environment describes, with the names that torchrun
   * uses, and with {@link #JOIN_TIMEOUT}.
   *
   * @see #fromEnvironment(Map, Duration)
   */
  public static Bootstrap fromEnvironment() {
    return fromEnvironment(System.getenv(), JOIN_TIMEOUT);
  }

  /**
   * A rank of the job that variables describe. Rank 0, or what started it, listens on one TCP port;
   * the others connect to it, and again until it is there. Returns when all ranks have come.
   *
   * <ul>
   *   <li>{@code RANK}, {@code WORLD_SIZE}: this rank, and ranks of the job
   *   <li>{@code MASTER_ADDR}, {@code MASTER_PORT}: where rank 0 listens, on this address alone;
   *       IPv4, IPv6 or a name. Not needed in a job of one rank
   *   <li>{@code MOELINK_SECRET}: 16 to 1024 bytes that the ranks share. Who cannot prove that it
   *       knows them is not let in, and every message is proved, too; nothing is encrypted, so what
   *       ranks give to {@code allGather} can be read on the way. Not needed in a job of one rank
   *   <li>{@code MOELINK_STORE}: {@code launcher} where what started the ranks holds a {@link
   *       JobStore} there, so that rank 0 only connects like the others
   * </ul>
   *
   * <p>A call of the bootstrap fails on all ranks, with the number of the rank at fault, when one
   * does not come in time, closes, or dies; it returns or fails half a second after its timeout at
   * the latest. When rank 0 closes or dies and held the store, it is over for all.
   *
   * @param timeout for all ranks to come
   * @throws InvalidInputException naming the variable that is missing or wrong
   * @throws BootstrapException naming a rank that did not come, or saying why this one was refused:
   *     another secret, another size, a rank that is in the job already
   */
  public static Bootstrap fromEnvironment(Map<String, String> variables, Duration timeout) {
    JobEnvironment job = JobEnvironment.of(variables);
    if (job.size() == 1) {
      return InJvmBootstrap.group(1).get(0);
    }
    return job.rank() == 0 && !job.launched()
        ? StoreBootstrap.open(job, timeout)
        : StoreClient.open(job, timeout);
  }
}
