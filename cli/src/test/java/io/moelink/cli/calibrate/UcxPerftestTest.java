package io.moelink.cli.calibrate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UcxPerftestTest {
  @Test
  void findsTheLineOfResults() {
    String printed =
        """
        +--------------+--------------+----------+---------+
                50000     12.652    11.888    71.534        0.64       0.11       84120       13979
        """;
    assertThat(UcxPerftest.numbers(printed))
        .containsExactly(50000, 12.652, 11.888, 71.534, 0.64, 0.11, 84120, 13979);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "connect() failed: Connection refused", "1 2 3", "5 nan 1 1 1 1 1 1"})
  void saysWhenThereIsNone(String printed) {
    assertThat(UcxPerftest.numbers(printed)).isNull();
  }
}
