package io.moelink.kernel;

import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The kernels for memory of this process: those in C where they are there, else Java's. The
 * environment variable {@code MOELINK_KERNELS} or the system property {@code moelink.kernels} asks
 * for one kind by its name, {@code java} or {@code c}.
 */
public final class HostKernels {
  private static final String JAVA = "java";

  private HostKernels() {}

  /**
   * Opens kernels for one thread.
   *
   * @throws IllegalStateException when the kind that was asked for is not there
   */
  public static RowKernels open() {
    String wanted = System.getProperty("moelink.kernels", System.getenv("MOELINK_KERNELS"));
    if (JAVA.equals(wanted)) {
      return new JavaRowKernels();
    }
    for (RowKernelsProvider provider :
        ServiceLoader.load(RowKernelsProvider.class, HostKernels.class.getClassLoader())) {
      if (wanted == null || wanted.equals(provider.name())) {
        Optional<RowKernels> kernels = provider.open();
        if (kernels.isPresent()) {
          return kernels.get();
        }
      }
    }
    if (wanted != null) {
      throw new IllegalStateException(
          "kernels: found no kernels named " + wanted + ", expected java, or c with its library");
    }
    return new JavaRowKernels();
  }
}
