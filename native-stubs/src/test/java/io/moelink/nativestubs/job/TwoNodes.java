package io.moelink.nativestubs.job;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Four ranks on two nodes that {@code with-two-nodes.sh} makes, and what they have said. */
final class TwoNodes {
  private static final Pattern SAID = Pattern.compile("rank ([0-3]) ([0-9]+) ([a-z]+) ?(.*)");
  private static final Pattern DOWN = Pattern.compile(".*link down at ([0-9]+) ms");
  private static final long LIMIT_SECONDS = 100;

  /** What a rank said, and when: milliseconds since 1970 on the one clock of this host. */
  record Said(long millis, String text) {}

  private final Map<String, Said> lines = new HashMap<>();
  private final String output;

  private TwoNodes(String output) {
    this.output = output;
    for (String line : output.split("\n")) {
      Matcher said = SAID.matcher(line);
      Matcher down = DOWN.matcher(line);
      if (said.matches()) {
        lines.put(
            said.group(1) + " " + said.group(3),
            new Said(Long.parseLong(said.group(2)), said.group(4)));
      } else if (down.matches()) {
        lines.put("down", new Said(Long.parseLong(down.group(1)), ""));
      }
    }
  }

  /**
   * Runs {@link GroupProcess} as four ranks.
   *
   * @param options of with-two-nodes.sh
   */
  static TwoNodes run(List<String> options, Map<String, String> variables, String... arguments)
      throws IOException, InterruptedException {
    Path scripts = Path.of(System.getProperty("moelink.scripts", "src/test/sh"));
    List<String> command = new ArrayList<>();
    command.add(scripts.resolve("with-two-nodes.sh").toString());
    command.addAll(options);
    command.add(scripts.resolve("node-ranks.sh").toAbsolutePath().toString());
    command.addAll(Job.command(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(variables);
    builder.environment().put("MOELINK_SECRET", Job.SECRET);
    Process process = builder.start();
    try {
      Thread end =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      Thread.sleep(TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
                      process.destroy();
                    } catch (InterruptedException ended) {
                      return;
                    }
                  });
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      end.interrupt();
      if (code != 0) {
        throw new AssertionError("with-two-nodes.sh exits with %d: %s".formatted(code, output));
      }
      return new TwoNodes(output);
    } finally {
      process.destroy();
    }
  }

  /** What a rank said behind a word. */
  Said said(int rank, String word) {
    return of(rank + " " + word);
  }

  /** When the link was taken down. */
  long downMillis() {
    return of("down").millis();
  }

  private Said of(String key) {
    Said said = lines.get(key);
    if (said == null) {
      throw new AssertionError("found no '%s' in:%n%s".formatted(key, output));
    }
    return said;
  }
}
