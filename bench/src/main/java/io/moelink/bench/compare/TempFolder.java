package io.moelink.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A folder for the files of one contestant, in memory where the host has such a place. */
record TempFolder(Path path) implements AutoCloseable {
  private static final Path IN_MEMORY = Path.of("/dev/shm");

  static TempFolder make() throws IOException {
    String prefix = "moelink-bench-";
    Path path =
        Files.isWritable(IN_MEMORY)
            ? Files.createTempDirectory(IN_MEMORY, prefix)
            : Files.createTempDirectory(prefix);
    path.toFile().deleteOnExit();
    return new TempFolder(path);
  }

  /** A file's place; it is deleted with the folder, or with this process if that is ended. */
  Path file(String name) {
    Path file = path.resolve(name);
    file.toFile().deleteOnExit();
    return file;
  }

  /** Deletes the folder and the files in it; a second close does nothing. */
  @Override
  public void close() throws IOException {
    if (!Files.isDirectory(path)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> list = Files.list(path)) {
      files = list.toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
    Files.delete(path);
  }
}
