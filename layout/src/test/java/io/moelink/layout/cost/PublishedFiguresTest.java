package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every figure of the old design, from page 5, against what its rule gives. */
class PublishedFiguresTest {
  @ParameterizedTest
  @CsvSource({
    "1, 102.4",
    "2, 128",
    "4, 4.9 9.8 19.6",
    "5, 8.96",
    "6, 18.6 14.2",
    "7, 6.8 9.9",
    "8, 7.15 23.2",
    "10, 9.11 13.6 19.8 9.6 10.4 8.8",
    "11, 54.4 42",
    "12, 9.3 7.4 15.5",
    "13, 9.15 7.4 10.25 8.5",
    "14, 5.85",
    "15, 14.2 16.5"
  })
  void recomputedWithinFivePercent(int row, String figures) {
    List<PublishedFigure> found =
        PublishedFigures.all().stream().filter(figure -> figure.row() == row).toList();
    String[] expected = figures.split(" ");
    assertThat(found).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      PublishedFigure figure = found.get(i);
      assertThat(figure.published()).isCloseTo(Double.parseDouble(expected[i]), within(1e-9));
      assertThat(figure.deviation()).as(figure.toString()).isBetween(-.05, .05);
    }
  }
}
