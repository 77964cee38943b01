package io.moelink.cli.demo;

import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Words and signs of real text.
 *
 * @param words in the order of the text
 * @param files that they were read from
 */
record TextTokens(List<String> words, int files) {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_]+|[^\\s\\p{L}\\p{N}_]");
  private static final Set<String> SOURCES = Set.of(".java", ".md", ".c", ".h", ".xml");
  private static final long FILE_BYTES_MAX = 16 << 20;

  /** Reads files in their order until there are {@code wordsMax} words. */
  static TextTokens read(List<Path> files, int wordsMax) throws IOException {
    List<String> words = new ArrayList<>();
    int read = 0;
    for (Path file : files) {
      if (words.size() >= wordsMax) {
        break;
      }
      Matcher matcher = WORD.matcher(text(file));
      while (words.size() < wordsMax && matcher.find()) {
        words.add(matcher.group());
      }
      read++;
    }
    if (words.isEmpty()) {
      throw new InvalidInputException(
          "demo: found no word in " + read + " files, expected text (name files to read)");
    }
    return new TextTokens(words, read);
  }

  private static String text(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException("demo: " + file + " is no file");
    }
    long bytes = Files.size(file);
    if (bytes > FILE_BYTES_MAX) {
      throw new InvalidInputException(
          "demo: " + file + ": found " + bytes + " bytes, expected at most " + FILE_BYTES_MAX);
    }
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** The sources below a folder, by path; build folders and hidden ones are left out. */
  static List<Path> sources(Path root) throws IOException {
    try (Stream<Path> walk = Files.walk(root)) {
      return walk.filter(path -> isSource(root.relativize(path))).sorted().toList();
    }
  }

  private static boolean isSource(Path path) {
    for (Path part : path) {
      String name = part.toString();
      if (name.equals("target") || name.startsWith(".")) {
        return false;
      }
    }
    String name = path.toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 && SOURCES.contains(name.substring(dot));
  }
}
