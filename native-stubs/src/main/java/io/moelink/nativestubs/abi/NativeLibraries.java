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
import java.util.Map;

/**
 * Finds and loads backend libraries: in the folders that {@value #PATH_VARIABLE} names or, when it
 * is not set, in the jar, for this platform. For any thread.
 */
public final class NativeLibraries {
  /** Environment variable with folders to look in, instead of the jar. */
  public static final String PATH_VARIABLE = "MOELINK_NATIVE_PATH";

  /** What it takes to build a backend, where that is more than what it takes for all. */
  private static final Map<String, String> PACKAGES = Map.of("ucx", " libucx-dev");

  /** Loaded once: a library that was loaded stays. */
  private static final class Shm {
    static final NativeLibrary LIBRARY = find("shm", System.getenv(PATH_VARIABLE));
  }

  private static final class Ucx {
    static final NativeLibrary LIBRARY = find("ucx", System.getenv(PATH_VARIABLE));
  }

  private NativeLibraries() {}

  /** The shared-memory backend. */
  public static NativeLibrary shm() {
    return Shm.LIBRARY;
  }

  /** The backend over UCX. */
  public static NativeLibrary ucx() {
    return Ucx.LIBRARY;
  }

  /**
   * Finds and loads a backend.
   *
   * @param backend its name, such as {@code shm}
   * @param path folders to look in, or null to look in the jar
   */
  static NativeLibrary find(String backend, String path) {
    String file = System.mapLibraryName("moelink_" + backend);
    String install =
        "apt-get install -y gcc cmake%s, then build moelink again; or set %s to the folder that holds it"
            .formatted(PACKAGES.getOrDefault(backend, ""), PATH_VARIABLE);
    try {
      if (!NativeAccess.enabled()) {
        return new NativeLibrary.Missing(
            "the JVM does not let moelink call native code",
            "pass java the flag " + NativeAccess.flag());
      }
      return path == null || path.isBlank()
          ? fromJar(file, install)
          : fromFolders(file, path, install);
    } catch (IOException | SecurityException e) {
      return new NativeLibrary.Missing("cannot read %s: %s".formatted(file, e), install);
    } catch (LinkageError e) {
      return new NativeLibrary.Missing(
          "Java cannot call native code on " + platform() + ": " + e, "run moelink on Linux");
    }
  }

  private static NativeLibrary fromFolders(String file, String path, String install) {
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
        return load(candidate, candidate.toString(), install);
      }
      tried.add(candidate.toString());
    }
    return new NativeLibrary.Missing(
        "there is no file %s (%s=%s)".formatted(String.join(" or ", tried), PATH_VARIABLE, path),
        "set %s to the folder that holds %s, or unset it".formatted(PATH_VARIABLE, file));
  }

  private static NativeLibrary fromJar(String file, String install) throws IOException {
    String resource = "/io/moelink/nativestubs/" + platform() + "/" + file;
    try (InputStream in = NativeLibraries.class.getResourceAsStream(resource)) {
      if (in == null) {
        return new NativeLibrary.Missing(
            "there is no %s in the jar: it was built without it".formatted(resource), install);
      }
      // both are made for the owner alone, so that nobody else can change what is loaded
      Path folder = Files.createTempDirectory("moelink-");
      Path copy = Files.createTempFile(folder, "", "-" + file);
      try {
        Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
        return load(copy, "the jar's " + resource, install);
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

  private static NativeLibrary load(Path file, String from, String install) {
    try {
      Fabric fabric = new Fabric(NativeAccess.open(file));
      return fabric.life().probe() == Codes.OK
          ? new NativeLibrary.Loaded(fabric, from)
          : obstacle(from, fabric.lastError());
    } catch (IllegalArgumentException e) {
      String why = NativeAccess.whyNotLoaded(file);
      return new NativeLibrary.Missing(
          "cannot use %s: %s".formatted(from, why == null ? e.getMessage() : why), install);
    }
  }

  /** From the text "call: what is missing and why; what to do". */
  static NativeLibrary.Missing obstacle(String from, String text) {
    String plain = text.substring(text.indexOf(": ") + 2);
    int end = plain.lastIndexOf("; ");
    return new NativeLibrary.Missing(
        "cannot use %s: %s".formatted(from, plain.substring(0, end)), plain.substring(end + 2));
  }
}
