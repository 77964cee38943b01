package io.moelink.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DemoCommandTest {
  @TempDir Path folder;

  private Path text() throws IOException {
    Path file = folder.resolve("text.txt");
    Files.writeString(file, "the cat sat on the mat, and the dog sat on the cat. ".repeat(40));
    return file;
  }

  @Test
  void everyRowEqualsTheLayerWithoutAGroup() throws IOException {
    CommandRun run =
        CommandRun.of(
            "demo", "--experts", "32", "--top-k", "4", "--tokens", "200", text().toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith("200 words of 1 files through a layer of 32 experts, top-4, hidden 256, BF16")
        .contains("check     all 200 rows equal the layer without a group, bit for bit");
    assertThat(run.code()).isZero();
  }

  @Test
  void jsonIsOneObject() throws IOException {
    CommandRun run =
        CommandRun.of(
            "demo",
            "--topology",
            "flat-4",
            "--experts",
            "8",
            "--top-k",
            "2",
            "--tokens",
            "50",
            "--algorithm",
            "direct",
            "--json",
            text().toString());
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertThat(json.get("verified").asBoolean()).isTrue();
    assertThat(json.get("expert_rows").asInt()).isEqualTo(100);
    assertThat(json.get("max_relative_error").asDouble()).isBetween(0.0, 0.02);
  }
}
