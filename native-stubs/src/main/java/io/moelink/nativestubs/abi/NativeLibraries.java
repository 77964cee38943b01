package io.moelink.nativestubs.abi;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds and loads backend libraries: in the folders that {@value #PATH_VARIABLE} names or, when it
 * is not set, in the jar, for this platform. For any thread.
 */
public final class NativeLibraries {
  /** Environment variable with folders to look in, instead of the jar. */
  public static final String PATH_VARIABLE = "MOELINK_NATIVE_PATH";

  private static final String INSTALL =
      "apt-get install -y gcc cmake, then build moelink again; or set "
          + PATH_VARIABLE
          + " to the folder that holds it";

  /** Loaded once: a library that was loaded stays. */
  private static final class Shm {
    static final NativeLibrary LIBRARY = find("shm", System.getenv(PATH_VARIABLE));
  }

  private NativeLibraries() {}

  /** The shared-memory backend. */
  public static NativeLibrary shm() {
    return Shm.LIBRARY;
  }

  /**
   * Finds and loads a backend.
   *
   * @param backend its name, such as {@code shm}
   * @param path folders to look in, or null to look in the jar
   */
  static NativeLibrary find(String backend, String path) {
    String file = System.mapLibraryName("moelink_" + backend);
    try {
      if (!NativeAccess.enabled()) {
        return new NativeLibrary.Missing(
            "the JVM does not let moelink call native code",
            "pass java the flag " + NativeAccess.flag());
      }
      return path == null || path.isBlank() ? fromJar(file) : fromFolders(file, path);
    } catch (IOException | SecurityException e) {
      return new NativeLibrary.Missing("cannot read %s: %s".formatted(file, e), INSTALL);
    } catch (LinkageError e) {
      return new NativeLibrary.Missing(
          "Java cannot call native code on " + platform() + ": " + e, "run moelink on Linux");
    }
  }

  private static NativeLibrary fromFolders(String file, String path) {
    List<String> tried = new ArrayList<>();
    for (String folder : path.split(File.pathSeparator)) {
      Path candidate;
      try {
        candidate = Path.of(folder, file).toAbsolutePath();
      } catch (InvalidPathException e) {
        tried.add(folder);
        continue;
      }
      if (Files.exists(candidate)) {
        return load(candidate, candidate.toString());
      }
      tried.add(candidate.toString());
    }
    return new NativeLibrary.Missing(
        "there is no file %s (%s=%s)".formatted(String.join(" or ", tried), PATH_VARIABLE, path),
        "set %s to the folder that holds %s, or unset it".formatted(PATH_VARIABLE, file));
  }

  private static NativeLibrary fromJar(String file) throws IOException {
    String resource = "/io/moelink/nativestubs/" + platform() + "/" + file;
    try (InputStream in = NativeLibraries.class.getResourceAsStream(resource)) {
      if (in == null) {
        return new NativeLibrary.Missing(
            "there is no %s in the jar: it was built without it".formatted(resource), INSTALL);
      }
      // both are made for the owner alone, so that nobody else can change what is loaded
      Path folder = Files.createTempDirectory("moelink-");
      Path copy = Files.createTempFile(folder, "", "-" + file);
      try {
        Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
        return load(copy, "the jar's " + resource);
      } finally {
        // what is loaded stays loaded without its file
        Files.deleteIfExists(copy);
        Files.deleteIfExists(folder);
      }
    }
  }

  /** The folder of this platform in the jar, such as {@code linux-x86_64}. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String name = os.startsWith("mac") ? "macos" : os.startsWith("win") ? "windows" : os;
    return name + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }

  private static NativeLibrary load(Path file, String from) {
    try {
      return new NativeLibrary.Loaded(new Fabric(NativeAccess.open(file)), from);
    } catch (IllegalArgumentException e) {
      String why = NativeAccess.whyNotLoaded(file);
      return new NativeLibrary.Missing(
          "cannot use %s: %s".formatted(from, why == null ? e.getMessage() : why), INSTALL);
    }
  }
}
