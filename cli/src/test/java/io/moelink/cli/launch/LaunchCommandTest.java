package io.moelink.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class LaunchCommandTest {
  private final StringWriter err = new StringWriter();

  private int launch(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "launch";
    System.arraycopy(args, 0, all, 1, args.length);
    return Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err), all);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-n 0 true | -n: found 0, expected 1 to 1024",
        "-n 1025 -- true | -n: found 1025, expected 1 to 1024",
        "-n 2 --hosts a,,b true | --hosts: found an empty host in a,,b, expected hosts with commas"
            + " between them, each once",
        "-n 2 --hosts 198.51.100.1 true | --hosts: found no MOELINK_SECRET, expected the same one"
            + " on every host",
        "-n x true | Invalid value for option '--ranks': 'x' is not an int, expected what"
            + " moelink launch --help says",
        "true | Missing required option: '--ranks=N', expected what moelink launch --help says",
        "-n 2 | Missing required parameter: 'COMMAND', expected what moelink launch --help says",
        "-n 2 -- | Missing required parameter: 'COMMAND', expected what moelink launch --help says",
        "-n 2 no-such-program-here | launch: found no-such-program-here, which is no program on the"
            + " PATH, expected a command to run",
        "-n 2 -- ./no/such | launch: found ./no/such, which is no program, expected a command to"
            + " run",
        "-n 2 -- / | launch: found /, which is no program, expected a command to run",
      })
  void badUsageIsOneLineAndTwo(String args, String message) {
    assertThat(launch(args.split(" "))).isEqualTo(Main.BAD_INPUT);
    assertThat(err).hasToString("moelink: " + message + System.lineSeparator());
  }

  @Test
  void theWordsOfTheCommandAreItsOwn() {
    // -n and --help after the first word are not ours; neither is a second --
    assertThat(launch("-n", "2", "test", "-n", "--help")).isEqualTo(Main.DONE);
    assertThat(launch("-n", "2", "--", "test", "--", "=", "--")).isEqualTo(Main.DONE);
    assertThat(err).hasToString("");
  }

  @ParameterizedTest
  @CsvSource({"2, 2", "1, 1", "7, 1"})
  void theExitCodeIsThatOfTheRanks(int ofRank, int expected) {
    assertThat(launch("-n", "1", "sh", "-c", "exit " + ofRank)).isEqualTo(expected);
    assertThat(err)
        .hasToString(
            "moelink: launch: rank=0 ended with exit code %d, expected 0%n".formatted(ofRank));
  }
}
