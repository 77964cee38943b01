package io.moelink.nativestubs;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;

/**
 * A backend's library: its symbols, or why there are none. Looked for in the folder that {@code
 * MOELINK_NATIVE_PATH} names, else in the resources of this module.
 *
 * @param symbols null where the library is not there
 * @param why which file was tried and how it failed; null where it is there
 */
record FabricLibrary(SymbolLookup symbols, String why) {
  static final String WHAT_TO_DO =
      "apt-get install -y gcc cmake and build again, or set MOELINK_NATIVE_PATH to the folder of"
          + " the library; loopback works without";

  private static final FabricLibrary SHM =
      load("moelink_shm", System.getenv("MOELINK_NATIVE_PATH"));

  /** The shared-memory backend. */
  static FabricLibrary shm() {
    return SHM;
  }

  /** Loads a library from a folder, or with null from the resources. */
  static FabricLibrary load(String name, String folder) {
    String file = System.mapLibraryName(name);
    if (folder != null) {
      Path path = Path.of(folder, file);
      return Files.isRegularFile(path)
          ? open(path)
          : new FabricLibrary(null, path + ": no such file (MOELINK_NATIVE_PATH)");
    }
    String resource = platform() + "/" + file;
    try (InputStream in = FabricLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        return new FabricLibrary(null, "resource " + resource + ": not in this build");
      }
      return extract(in, file);
    } catch (IOException e) {
      return new FabricLibrary(null, "resource " + resource + ": " + e.getMessage());
    }
  }

  /** Copies the library to a file that only its owner can see, for as long as it takes to load. */
  private static FabricLibrary extract(InputStream in, String file) throws IOException {
    Path folder =
        Files.createTempDirectory(
            "moelink",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path path = folder.resolve(file);
    try {
      Files.copy(in, path);
      return open(path);
    } finally {
      Files.deleteIfExists(path);
      Files.deleteIfExists(folder);
    }
  }

  @SuppressWarnings("restricted") // the one place that loads native code
  private static FabricLibrary open(Path path) {
    try {
      return new FabricLibrary(SymbolLookup.libraryLookup(path, Arena.global()), null);
    } catch (IllegalCallerException e) {
      return new FabricLibrary(
          null,
          path + ": native access is off, pass --enable-native-access=io.moelink.nativestubs");
    } catch (IllegalArgumentException e) {
      return new FabricLibrary(null, path + ": " + e.getMessage());
    }
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).replace(" ", "");
    String arch = System.getProperty("os.arch");
    return os + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }
}
