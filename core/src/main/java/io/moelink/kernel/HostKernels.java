package io.moelink.kernel;

import io.moelink.layout.InvalidInputException;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;

/**
 * Chooses kernels for memory of this process: the native ones where they are there, else the Java
 * ones; all give the same bits. The system property {@value #PROPERTY} or, without it, the
 * environment variable {@value #VARIABLE} asks for {@code java} or for a provider by its name. For
 * any thread.
 */
public final class HostKernels {
  /** The system property that chooses. */
  public static final String PROPERTY = "moelink.kernels";

  /** The environment variable that chooses when the property is not set. */
  public static final String VARIABLE = "MOELINK_KERNELS";

  private static final String JAVA = "java";

  /** Looked up once: each look reads the class path, and a provider its library. */
  private static final class Found {
    static final List<RowKernelsProvider> PROVIDERS =
        ServiceLoader.load(RowKernelsProvider.class, HostKernels.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
  }

  private HostKernels() {}

  /**
   * New kernels, with scratch of their own.
   *
   * @throws InvalidInputException when kernels are asked for that are not known, or a setting of
   *     theirs asks for what there is not
   * @throws IllegalStateException when native kernels are asked for that cannot be used here
   */
  public static RowKernels open() {
    String wanted = System.getProperty(PROPERTY);
    if (wanted == null) {
      wanted = System.getenv(VARIABLE);
    }
    return open(wanted == null ? "" : wanted.trim().toLowerCase(Locale.ROOT), Found.PROVIDERS);
  }

  static RowKernels open(String wanted, List<RowKernelsProvider> providers) {
    if (wanted.isEmpty()) {
      for (RowKernelsProvider provider : providers) {
        if (provider.obstacle().isEmpty()) {
          return provider.open();
        }
      }
      return new JavaRowKernels();
    }
    if (wanted.equals(JAVA)) {
      return new JavaRowKernels();
    }
    String obstacle = null;
    String known = JAVA;
    for (RowKernelsProvider provider : providers) {
      if (provider.name().equals(wanted)) {
        if (provider.obstacle().isEmpty()) {
          return provider.open();
        }
        obstacle = provider.obstacle().get();
      }
      known += " or " + provider.name();
    }
    if (obstacle != null) {
      throw new IllegalStateException(
          "%s=%s cannot be had: %s".formatted(VARIABLE, wanted, obstacle));
    }
    throw new InvalidInputException(
        "%s=%s is not known, expected %s".formatted(VARIABLE, wanted, known));
  }
}
