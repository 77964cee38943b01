package io.moelink.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class FiguresTest {
  private static Sample sample(int batch, String name, HostState state, double ms) {
    return new Sample(batch, name, state, new Round(ms, 2 * ms));
  }

  @Test
  void ratiosAreOfOneStateAndOneBatch() {
    MatchResult result =
        new MatchResult(
            Case.parse("2x16"),
            null,
            List.of(
                sample(0, "roofline", HostState.NEAR, 2),
                sample(0, "shm", HostState.NEAR, 4),
                sample(0, "shm", HostState.FAR, 9),
                sample(1, "roofline", HostState.NEAR, 3),
                sample(1, "mpi", HostState.NEAR, 9)),
            0);
    List<Figure> near = Figures.of(result, HostState.NEAR);
    assertThat(near).extracting(Figure::contestant).containsExactly("roofline", "shm", "mpi");
    assertThat(near.get(1).over().get("roofline")).isEqualTo(new Figure.Ratio(2, 2));
    assertThat(near.get(2).over()).containsOnlyKeys("roofline");
    assertThat(near.get(2).over().get("roofline")).isEqualTo(new Figure.Ratio(3, 3));
    assertThat(Figures.of(result, HostState.FAR)).hasSize(1);
  }

  @Test
  void aSampleBetweenTwoStatesHasNone() {
    assertThat(HostState.of(55, 60)).contains(HostState.NEAR);
    assertThat(HostState.of(225, 300)).contains(HostState.FAR);
    assertThat(HostState.of(60, 225)).isEmpty();
    assertThat(HostState.of(200, 900)).isEmpty();
  }

  @Test
  void spreadHasMedianAndQuartiles() {
    assertThat(Spread.of(DoubleStream.of(5, 1, 3, 2, 4))).isEqualTo(new Spread(3, 2, 4, 5));
    assertThat(Spread.of(DoubleStream.of(1, 2))).isEqualTo(new Spread(1.5, 1.25, 1.75, 2));
  }

  @Test
  void theCommonOnesAreInEveryBatch() {
    assertThat(Batches.of(List.of(1, 2, 30, 40, 20), 2, i -> i, 65))
        .containsExactly(List.of(1, 2, 30), List.of(1, 2, 40, 20));
    assertThatThrownBy(() -> Batches.of(List.of(1 << 20, 2 << 20), 1, i -> i, 2 << 20))
        .hasMessage("memory: found 2 MB, expected 3 MB for the contestants of one batch");
  }

  @Test
  void aCaseThatIsNoneIsRefused() {
    assertThatThrownBy(() -> Case.parse("2x"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("--cases: found 2x, expected RANKSxTOKENS or RANKSxTOKENS-trace");
    assertThat(Case.parse("2x4096-trace")).hasToString("2x4096-trace");
  }
}
