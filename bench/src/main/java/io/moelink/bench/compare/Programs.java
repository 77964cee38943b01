package io.moelink.bench.compare;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The contestants in C and Python, and the compilers that make programs of them. */
final class Programs {
  private static final long COMPILE_SECONDS = 120;
  private static final List<String> SHARED = List.of("job.c", "control.c", "cores.c", "route.c");
  private static final List<String> FLAGS =
      List.of(
          "-std=gnu11",
          "-O3",
          "-march=native",
          // sums round each product
          "-ffp-contract=off",
          "-Wall",
          "-Wextra",
          "-Werror",
          "-pthread");

  private final Path sources;
  private final Path built;

  /**
   * The programs of a checkout.
   *
   * @param home root of the repository
   */
  Programs(Path home) {
    sources = home.resolve("bench/src/main");
    built = home.resolve("bench/target/contestants");
  }

  /** Whether a program is on the PATH. */
  static boolean has(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /** A file of Python. */
  Path python(String file) {
    return sources.resolve("python").resolve(file);
  }

  /** Where {@link #compile} puts a program. */
  Path program(String name) {
    return built.resolve(name);
  }

  /** Makes a program of a file of C of the same name. */
  void compile(String compiler, String name) {
    List<String> command = new ArrayList<>(List.of(compiler));
    command.addAll(FLAGS);
    command.addAll(List.of("-o", program(name).toString(), name + ".c"));
    command.addAll(SHARED);
    try {
      Files.createDirectories(built);
      Path log = Files.createTempFile(built, name, ".log");
      Process process =
          new ProcessBuilder(command)
              .directory(sources.resolve("c").toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      boolean ended = process.waitFor(COMPILE_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      if (!ended || process.exitValue() != 0) {
        throw new IllegalStateException(
            "%s of %s.c failed; its output is in %s".formatted(compiler, name, log));
      }
      Files.delete(log);
    } catch (IOException e) {
      throw new UncheckedIOException(compiler + " of " + name + ".c: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + compiler + " ran", e);
    }
  }
}
