package io.moelink.cli.launch;

import io.moelink.layout.InvalidInputException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/** The program of a command, looked for before any rank is started. */
final class Program {
  private Program() {}

  static void check(String name) {
    if (name.isEmpty()) {
      throw new InvalidInputException("launch: found an empty word, expected a command to run");
    }
    if (name.indexOf(File.separatorChar) >= 0) {
      if (!runs(Path.of(name))) {
        throw new InvalidInputException(
            "launch: found %s, which is no program, expected a command to run".formatted(name));
      }
      return;
    }
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator)) {
      if (runs(Path.of(folder, name))) {
        return;
      }
    }
    throw new InvalidInputException(
        "launch: found %s, which is no program on the PATH, expected a command to run"
            .formatted(name));
  }

  private static boolean runs(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }
}
