package io.moelink.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReadmeExampleTest {
  private static final String SOURCE = "src/main/java/io/moelink/examples/ReadmeExample.java";

  @Test
  void theReadmeShowsTheExampleThatIsCompiledHere() throws IOException {
    String readme = Files.readString(Path.of("../README.md"));
    String marker = "<!-- example: examples/" + SOURCE + " -->\n```java\n";
    int start = readme.indexOf(marker);
    assertThat(start).isNotNegative();
    start += marker.length();
    String shown = readme.substring(start, readme.indexOf("```", start));
    // the README leaves out the package, the imports and the class around the methods
    String source = Files.readString(Path.of(SOURCE));
    String body = source.substring(source.indexOf("  public static void main"));
    body = body.substring(0, body.lastIndexOf('}'));
    assertThat(shown).isEqualTo(body.stripTrailing().stripIndent() + "\n");
  }

  @Test
  void itRuns() throws InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      ReadmeExample.main(new String[0]);
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (bytes.toString(StandardCharsets.UTF_8).lines().count() < 8
          && System.nanoTime() < deadline) {
        Thread.sleep(20);
      }
    } finally {
      System.setOut(before);
    }
    // experts 0 to 7 are rank 0's: each of the 8 ranks chose 3 and 5; 0x3f80 is BF16 1.0
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .hasSize(8)
        .contains("rank 0: 16 rows came, sum 0x3f80", "rank 1: 0 rows came, sum 0x3f80");
  }
}
