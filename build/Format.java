import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks ({@code check}), rewrites ({@code fix}) or leaves alone ({@code off}) the formatting of every module's Java sources. Run by
 * Maven in its validate phase; exits 1 and names the files when a check fails.
 */
final class Format {
  private Format() {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("off")) {
      return;
    }
    boolean fix = args[0].equals("fix");
    Path root = Path.of(args[1]);
    List<Path> sources;
    try (var walk = Files.walk(root)) {
      sources = walk.filter(path -> isSource(root.relativize(path))).sorted().toList();
    }
    List<Path> wrong = new ArrayList<>();
    Formatter formatter = new Formatter();
    for (Path source : sources) {
      String before = Files.readString(source);
      String after = format(formatter, source, before);
      if (!after.equals(before)) {
        wrong.add(source);
        if (fix) {
          Files.writeString(source, after);
        }
      }
    }
    if (!wrong.isEmpty() && !fix) {
      wrong.forEach(path -> System.err.println("not formatted: " + path));
      System.err.println("run ./moelink format");
      System.exit(1);
    }
  }

  /** A Java file below a module's src folder. */
  private static boolean isSource(Path path) {
    return path.toString().endsWith(".java")
        && path.getNameCount() > 2
        && path.getName(1).toString().equals("src");
  }

  private static String format(Formatter formatter, Path source, String before) throws IOException {
    try {
      return formatter.formatSourceAndFixImports(RemoveUnusedImports.removeUnusedImports(before));
    } catch (com.google.googlejavaformat.java.FormatterException e) {
      throw new IOException(source + ": " + e.getMessage(), e);
    }
  }
}
