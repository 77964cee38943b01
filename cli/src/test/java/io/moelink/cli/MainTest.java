package io.moelink.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
  /** What one run of the command did. */
  record Run(int code, String out, String err) {
    static Run of(String... args) {
      StringWriter out = new StringWriter();
      StringWriter err = new StringWriter();
      int code = Main.run(new PrintWriter(out), new PrintWriter(err), args);
      return new Run(code, out.toString(), err.toString());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | moelink: found no command, expected what moelink --help says",
        "frob | moelink: Unmatched argument at index 0: 'frob', expected what moelink --help says",
        "topology a b | moelink: Unmatched argument at index 2: 'b', expected what moelink topology"
            + " --help says",
        "topology --svg | moelink: Missing required parameter for option '--svg' (FILE), expected"
            + " what moelink topology --help says",
      })
  void badUsageIsOneLineAndTwo(String args, String message) {
    Run run = Run.of(args.isEmpty() ? new String[0] : args.split(" "));
    assertThat(run).isEqualTo(new Run(Main.BAD_INPUT, "", message + System.lineSeparator()));
  }

  @Test
  void badInputIsOneLineAndTwo() {
    Run run = Run.of("topology", "flat-0");
    assertThat(run.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines())
        .containsExactly("moelink: topology flat-0: found 0 ranks, expected 1 to 4096");
  }

  @Test
  void debugAddsTheStackTrace() {
    Run run = Run.of("topology", "flat-0", "--debug");
    assertThat(run.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(run.err())
        .startsWith("moelink: topology flat-0: found 0 ranks")
        .contains("\tat io.moelink.layout.topology.Topologies.named");
  }

  @Test
  void helpIsZero() {
    Run run = Run.of("--help");
    assertThat(run.code()).isEqualTo(Main.DONE);
    assertThat(run.out()).startsWith("Usage: moelink").contains("topology");
    assertThat(run.err()).isEmpty();
  }
}
