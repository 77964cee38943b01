package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PublishedFiguresTest {
  private static final List<PublishedFigure> ALL = PublishedFigures.all();

  static Stream<PublishedFigure> withRules() {
    return ALL.stream().filter(figure -> !figure.measured());
  }

  @ParameterizedTest
  @MethodSource("withRules")
  void theRuleGivesThePublishedFigure(PublishedFigure figure) {
    assertThat(figure.byRule().orElseThrow())
        .isCloseTo(figure.published(), within(0.05 * figure.published()));
  }

  @ParameterizedTest
  @MethodSource("withRules")
  void theSimulatorGivesWhatTheRuleDoes(PublishedFigure figure) {
    assertThat(figure.simulated().orElseThrow())
        .isCloseTo(figure.byRule().orElseThrow(), within(1e-6 * figure.published()));
    assertThat(figure.byPlan().orElseThrow()).isPositive();
  }

  @Test
  void everyRowOfThePageIsThere() {
    assertThat(ALL.stream().map(PublishedFigure::row).distinct())
        .containsExactly(
            "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
            "17", "DeepEP");
    assertThat(withRules().map(PublishedFigure::row).distinct())
        .containsExactly("1", "2", "4", "5", "6", "7", "8", "10", "11", "12", "13", "14", "15");
  }
}
