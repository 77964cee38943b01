package io.moelink.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  @Test
  void passesWhenItsTimeIsOver() throws Exception {
    assertThat(Deadline.after(Duration.ZERO).passed()).isTrue();
    assertThat(Deadline.after(Duration.ofSeconds(-1)).nanosLeft()).isZero();
    Deadline soon = Deadline.after(Duration.ofMillis(30));
    assertThat(soon.nanosLeft()).isBetween(1L, 30_000_000L);
    Thread.sleep(40);
    assertThat(soon.passed()).isTrue();
    assertThat(soon).hasToString("30 ms");
  }

  @Test
  void theLongestDurationIsFarAway() {
    Deadline far = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE));
    assertThat(far.passed()).isFalse();
    assertThat(far.nanosLeft()).isGreaterThan(Duration.ofDays(36_500).toNanos());
  }

  @Test
  void configurationIsChecked() {
    try (Bootstrap bootstrap = Bootstraps.inJvm(1).get(0)) {
      Duration second = Duration.ofSeconds(1);
      assertThatThrownBy(() -> new TransportConfig(bootstrap, 0, second, 1))
          .hasMessage("signalCount=0, expected 1..16777216");
      assertThatThrownBy(() -> new TransportConfig(bootstrap, 1, Duration.ZERO, 1))
          .hasMessage("timeout=PT0S, expected more than zero");
      assertThatThrownBy(() -> new TransportConfig(bootstrap, 1, second, 0))
          .hasMessage("computeUnits=0, expected at least 1");
    }
  }
}
