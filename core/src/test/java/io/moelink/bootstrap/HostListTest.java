package io.moelink.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks given as a list of hosts. */
class HostListTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a,,b | --hosts: found an empty host in a,,b, expected hosts with commas between them, each"
            + " once",
        "a,b,a | --hosts: found a again in a,b,a, expected hosts with commas between them, each"
            + " once",
      })
  void aListThatIsNoneIsOneLine(String text, String message) {
    assertThatThrownBy(() -> HostList.parse("--hosts", text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }

  @Test
  void thisHostIsFoundInIt() {
    // addresses that are for documents and never a host's
    assertThat(HostList.parse("x", "198.51.100.1, 127.0.0.1,203.0.113.1").indexHere("x"))
        .isEqualTo(1);
    assertThatThrownBy(() -> HostList.parse("x", "198.51.100.1,203.0.113.1").indexHere("x"))
        .hasMessage(
            "x: found 198.51.100.1,203.0.113.1, none of which is this host, expected a name or"
                + " address of it among them");
    assertThatThrownBy(() -> HostList.parse("x", "127.0.0.1,localhost").indexHere("x"))
        .hasMessage("x: found 127.0.0.1 and localhost, which are both this host, expected it once");
  }

  @Test
  void aProcessFindsItsRank() {
    Map<String, String> variables =
        Map.of(
            HostListBootstrapProvider.HOSTS,
            "198.51.100.1,127.0.0.1",
            "MASTER_PORT",
            "1",
            "MOELINK_SECRET",
            TestJob.SECRET);
    BootstrapProvider provider = Bootstraps.started(variables).orElseThrow();
    assertThat(provider.name()).isEqualTo("hosts");
    assertThatThrownBy(() -> provider.open(variables, Duration.ofMillis(200)))
        .isInstanceOf(BootstrapException.class)
        .hasMessageStartingWith(
            "join: rank=1 found no store of rank=0 at 198.51.100.1:1 within 200 ms: ");
  }
}
