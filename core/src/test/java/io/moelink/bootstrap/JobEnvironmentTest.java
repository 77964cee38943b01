package io.moelink.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobEnvironmentTest {
  private static final Map<String, String> GOOD =
      Map.of(
          "RANK", "3",
          "WORLD_SIZE", "4",
          "MASTER_ADDR", "127.0.0.1",
          "MASTER_PORT", "29500",
          "MOELINK_SECRET", "0123456789abcdef");

  @Test
  void aGoodEnvironmentIsRead() {
    JobEnvironment job = JobEnvironment.of(GOOD);
    assertThat(job).hasToString("rank=3 size=4 host=127.0.0.1 port=29500");
    assertThat(job.place()).isEqualTo("127.0.0.1:29500");
  }

  @Test
  void anAddressOfVersionSixHasBrackets() {
    Map<String, String> variables = new HashMap<>(GOOD);
    variables.put("MASTER_ADDR", "::1");
    assertThat(JobEnvironment.of(variables).place()).isEqualTo("[::1]:29500");
    variables.put("MASTER_ADDR", "[::1]");
    assertThat(JobEnvironment.of(variables).place()).isEqualTo("[::1]:29500");
  }

  @Test
  void oneRankNeedsNoStore() {
    Map<String, String> variables = Map.of("RANK", "0", "WORLD_SIZE", "1");
    try (Bootstrap alone = Bootstraps.fromEnvironment(variables, Duration.ZERO)) {
      assertThat(alone.rank()).isZero();
      assertThat(alone.size()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "RANK | | RANK: found nothing, expected a number from 0 to 4095",
        "RANK | ' ' | RANK: found nothing, expected a number from 0 to 4095",
        "RANK | two | RANK: found two, expected a number from 0 to 4095",
        "RANK | -1 | RANK: found -1, expected a number from 0 to 4095",
        "RANK | 4 | RANK: found 4, expected 0 to 3 since WORLD_SIZE is 4",
        "WORLD_SIZE | | WORLD_SIZE: found nothing, expected a number from 1 to 4096",
        "WORLD_SIZE | 0 | WORLD_SIZE: found 0, expected a number from 1 to 4096",
        "WORLD_SIZE | 4097 | WORLD_SIZE: found 4097, expected a number from 1 to 4096",
        "MASTER_ADDR | | MASTER_ADDR: found nothing, expected the name or address of the host of"
            + " rank 0",
        "MASTER_PORT | | MASTER_PORT: found nothing, expected a number from 1 to 65535",
        "MASTER_PORT | 0 | MASTER_PORT: found 0, expected a number from 1 to 65535",
        "MASTER_PORT | 65536 | MASTER_PORT: found 65536, expected a number from 1 to 65535",
        "MASTER_PORT | 99999999999 | MASTER_PORT: found 99999999999, expected a number from 1 to"
            + " 65535",
        "MOELINK_SECRET | | MOELINK_SECRET: found nothing, expected 16 to 1024 bytes that the ranks"
            + " of the job share and nobody else knows",
        "MOELINK_SECRET | short | MOELINK_SECRET: found 5 bytes, expected 16 to 1024 bytes that the"
            + " ranks of the job share and nobody else knows",
      })
  void aBadVariableIsNamed(String name, String value, String message) {
    Map<String, String> variables = new HashMap<>(GOOD);
    variables.remove(name);
    if (value != null) {
      variables.put(name, value);
    }
    assertThatThrownBy(() -> JobEnvironment.of(variables))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }

  @Test
  void whatIsFoundStaysOnOneShortLine() {
    Map<String, String> variables = new HashMap<>(GOOD);
    variables.put("RANK", "1\n2" + "x".repeat(1000));
    assertThatThrownBy(() -> JobEnvironment.of(variables))
        .hasMessage("RANK: found 1?2" + "x".repeat(77) + "..., expected a number from 0 to 4095");
  }

  @ParameterizedTest
  @CsvSource({"203.0.113.7", "0.0.0.0", "no-such-host.invalid"})
  void rankZeroListensAtAnAddressOfItsHostOnly(String host) {
    Map<String, String> variables = new HashMap<>(GOOD);
    variables.put("RANK", "0");
    variables.put("MASTER_ADDR", host);
    assertThatThrownBy(() -> Bootstraps.fromEnvironment(variables, Duration.ofSeconds(1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "MASTER_ADDR: found %s, expected an address of the host of rank 0, where this is"
                .formatted(host));
  }
}
