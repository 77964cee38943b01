package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.cost.Strategies.Model;
import io.moelink.layout.cost.Strategies.Row;
import io.moelink.layout.cost.Strategies.Strategy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The seven rows of page 5 of the specification. */
class StrategiesTest {
  @ParameterizedTest
  @CsvSource({
    "1, 16, 16,  8, 16, 2, 4, 2048, 16,  1,  1,  1,  1",
    "2, 16, 32, 16,  8, 1, 8, 2048,  8, .5,  1, .5,  1",
    "3, 16, 32, 16,  8, 2, 8, 4096,  8,  1,  2,  1,  2",
    "4, 32, 32, 16, 16, 1, 4, 2048,  8, .5, .5, .5, .5",
    "5, 32, 32, 16, 16, 2, 4, 4096,  8,  1,  1,  1,  1",
    "6, 32, 32, 16, 16, 4, 4, 8192,  8,  2,  2,  2,  2",
    "7, 64, 64, 32, 16, 1, 4, 4096,  4, .5, .5, .5, .5"
  })
  void published(
      int number,
      int nodes,
      int ep,
      int dp,
      int pp,
      int microBatch,
      int layers,
      double rowsPerExpert,
      int expertsPerRank,
      double attentionMemory,
      double expertMemory,
      double attentionTime,
      double expertTime) {
    Row row = Strategies.rows(Model.DEEPSEEK_V3, Strategies.COMPARED).get(number - 1);
    assertThat(row)
        .isEqualTo(
            new Row(
                new Strategy(nodes, 1, ep, dp, pp, microBatch, layers),
                rowsPerExpert,
                expertsPerRank,
                attentionMemory,
                expertMemory,
                attentionTime,
                expertTime));
  }

  @Test
  void otherModels() {
    Row row =
        Strategies.rows(new Model(64, 4, 1000), List.of(new Strategy(2, 1, 16, 16, 2, 3, 5)))
            .getFirst();
    assertThat(row.rowsPerExpert()).isEqualTo(3000);
    assertThat(row.expertsPerRank()).isEqualTo(4);
  }

  @Test
  void refusals() {
    assertThatThrownBy(() -> new Model(8, 9, 1))
        .hasMessage("top-k: found 9, expected 1 to the 8 experts");
    assertThatThrownBy(() -> new Strategy(1, 1, 0, 1, 1, 1, 1))
        .hasMessage("EP: found 0, expected 1 or more");
    assertThatThrownBy(() -> Strategies.rows(new Model(100, 8, 1), Strategies.COMPARED))
        .hasMessage("EP: found 16, expected a divisor of the 100 experts");
  }
}
