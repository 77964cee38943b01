package io.moelink.cli.layout;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder that holds the files of one run and no others: they are written beside it and appear
 * together. Files of an earlier run are replaced; a folder with anything else in it is refused.
 */
final class OutputFolder {
  private static final Pattern OURS =
      Pattern.compile(
          "(tokens_per_(rank|node|expert)|token_in_rank|received_per_(rank|expert)"
              + "|permute(_buffer|_weight)?|staged_[0-9]{3,}|reduce_[a-z_]+)\\.npy");

  private final Path folder;

  /** Checks before any work is done that the folder can be used. */
  OutputFolder(Path folder) throws IOException {
    this.folder = folder.toAbsolutePath().normalize();
    if (Files.exists(this.folder) && !Files.isDirectory(this.folder)) {
      throw new InvalidInputException("--out: " + folder + " is a file, expected a folder");
    }
    for (Path file : files()) {
      if (!OURS.matcher(file.getFileName().toString()).matches() || Files.isDirectory(file)) {
        throw new InvalidInputException(
            "--out: %s holds %s, expected a folder that is new, empty or of an earlier run"
                .formatted(folder, file.getFileName()));
      }
    }
  }

  private List<Path> files() throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** Writes all arrays, or none. */
  void write(Map<String, NpyArray> arrays) throws IOException {
    Path beside;
    try {
      Path parent = folder.getParent() == null ? folder : folder.getParent();
      Files.createDirectories(parent);
      beside = Files.createTempDirectory(parent, ".moelink-layout-");
    } catch (IOException e) {
      throw new InvalidInputException(
          "--out: found %s, which cannot be written (%s), expected a folder that can"
              .formatted(folder, e.getClass().getSimpleName()),
          e);
    }
    try {
      for (Map.Entry<String, NpyArray> array : arrays.entrySet()) {
        NpyFile.write(beside.resolve(array.getKey()), array.getValue());
      }
      Files.createDirectories(folder);
      for (Path old : files()) {
        Files.delete(old);
      }
      for (String name : arrays.keySet()) {
        Files.move(beside.resolve(name), folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      }
    } finally {
      for (String name : arrays.keySet()) {
        Files.deleteIfExists(beside.resolve(name));
      }
      Files.delete(beside);
    }
  }
}
