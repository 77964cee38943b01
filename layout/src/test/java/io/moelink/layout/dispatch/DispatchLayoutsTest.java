package io.moelink.layout.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The fast layouts equal the slow ones, whatever the fabric, the placement and the choices. */
class DispatchLayoutsTest {
  static Stream<Object[]> cases() {
    return RoutingCase.everyPreset(5);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void counts(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    checkCounts(input, someRanks(input, seed));
  }

  static void checkCounts(RoutingCase input, int... checked) {
    GatheredRouting routing = input.gathered();
    DispatchReference reference = new DispatchReference(input);
    int ranks = input.ranks();
    for (int rank : checked) {
      int g = rank;
      String where = input + ", rank " + g;
      DispatchCounts counts = DispatchCounts.of(routing, g);
      assertThat(counts.tokensPerRank())
          .as(where)
          .isEqualTo(
              IntStream.range(0, ranks)
                  .map(other -> reference.tokens(g, r -> r == other).length)
                  .toArray());
      assertThat(counts.tokensPerNode())
          .as(where)
          .isEqualTo(
              IntStream.range(0, input.topology().nodeCount())
                  .map(n -> reference.tokens(g, r -> input.topology().nodeOf(r) == n).length)
                  .toArray());
      int[] perExpert = new int[input.placement().experts()];
      IntStream.of(input.choices().get(g).ids()).filter(id -> id >= 0).forEach(e -> perExpert[e]++);
      assertThat(counts.tokensPerExpert()).as(where).isEqualTo(perExpert);
      assertThat(counts.receivedPerRank())
          .as(where)
          .isEqualTo(
              IntStream.range(0, ranks)
                  .map(source -> reference.tokens(source, r -> r == g).length)
                  .toArray());
      assertThat(counts.receivedPerExpert()).as(where).isEqualTo(reference.received(g));
      boolean[][] in = DispatchCounts.tokenInRank(routing, g);
      boolean[][] expected = new boolean[in.length][ranks];
      for (int token = 0; token < in.length; token++) {
        for (int other = 0; other < ranks; other++) {
          int o = other;
          expected[token][other] = reference.needs(g, token, r -> r == o);
        }
      }
      assertThat(in).as(where).isDeepEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void permutation(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    checkPermutation(input, seed, someRanks(input, seed));
  }

  static void checkPermutation(RoutingCase input, long seed, int... checked) {
    GatheredRouting routing = input.gathered();
    DispatchReference reference = new DispatchReference(input);
    PermuteLayout used = null;
    for (int rank : checked) {
      int g = rank;
      List<DispatchReference.Row> rows = reference.rows(rank);
      for (OutputShape shape : shapes(reference.received(rank), seed)) {
        for (StagingPolicy policy : StagingPolicy.values()) {
          String where = input + ", rank " + rank + ", " + shape + ", " + policy;
          PermuteLayout layout = PermuteLayout.of(routing, policy, shape, rank, used);
          used = layout;
          assertThat(layout.count()).as(where).isEqualTo(rows.size());
          assertThat(layout.destinationRows())
              .as(where)
              .isEqualTo(reference.destinations(rank, shape));
          assertThat(rowsOf(layout)).as(where).isEqualTo(rows);
          if (shape.equals(OutputShape.CANONICAL)) {
            // where rows are read does not depend on where they are written
            int[][] read =
                rows.stream()
                    .map(row -> reference.bufferRow(row.source(), row.token(), g, policy))
                    .toArray(int[][]::new);
            assertThat(layout.buffers())
                .as(where)
                .isEqualTo(Arrays.stream(read).mapToInt(r -> r[0]).toArray());
            assertThat(layout.bufferRows())
                .as(where)
                .isEqualTo(Arrays.stream(read).mapToInt(r -> r[1]).toArray());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsOfTheOutput(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    GatheredRouting routing = input.gathered();
    DispatchReference reference = new DispatchReference(input);
    for (int rank : someRanks(input, seed)) {
      int[] received = reference.received(rank);
      for (OutputShape shape : shapes(received, seed)) {
        String where = input + ", rank " + rank + ", " + shape;
        ExpertRows rows = ExpertRows.of(routing, shape, rank);
        int[] starts = reference.blockStarts(rank, shape);
        assertThat(rows.rowCount()).as(where).isEqualTo(starts[received.length]);
        for (int local = 0; local < received.length; local++) {
          assertThat(rows.blockStart(local)).as(where).isEqualTo(starts[local]);
          assertThat(rows.received(local)).as(where).isEqualTo(received[local]);
        }
      }
      ExpertRows byRank = ExpertRows.of(routing, OutputShape.rankMajor(), rank);
      List<int[]> rows = reference.rankMajor(rank);
      assertThat(byRank.rowCount()).as(input.name()).isEqualTo(rows.size());
      int row = 0;
      for (int source = 0; source < input.ranks(); source++) {
        assertThat(byRank.firstRowOfSource(source)).as(input.name()).isEqualTo(row);
        int g = rank;
        for (int token : routing.needed(source, Scope.rank(g)).toArray()) {
          assertThat(new int[] {source, token}).as(input.name()).isEqualTo(rows.get(row++));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void staging(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    GatheredRouting routing = input.gathered();
    DispatchReference reference = new DispatchReference(input);
    for (int rank : someRanks(input, seed)) {
      int g = rank;
      int[] sources =
          IntStream.range(0, input.ranks())
              .filter(s -> input.topology().vnodeOf(s) != input.topology().vnodeOf(g))
              .filter(s -> input.topology().entry(s, input.topology().vnodeOf(g)) == g)
              .toArray();
      for (StagingPolicy policy : StagingPolicy.values()) {
        String where = input + ", rank " + g + ", " + policy;
        List<PullLayout.Staged> staged = PullLayout.of(routing, policy, g).staged();
        assertThat(staged.stream().mapToInt(PullLayout.Staged::source).toArray())
            .as(where)
            .isEqualTo(sources);
        for (PullLayout.Staged one : staged) {
          assertThat(one.toArray())
              .as("%s, source %d", where, one.source())
              .isEqualTo(
                  reference.stagedParts(one.source(), g, policy).stream()
                      .flatMapToInt(IntStream::of)
                      .toArray());
          assertThat(one.rowCount()).as(where).isEqualTo(one.toArray().length);
        }
      }
    }
  }

  /** An index in memory that was used before says the same. */
  @ParameterizedTest
  @MethodSource("cases")
  void usedMemory(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    RoutingIndex used = null;
    for (int rank = 0; rank < input.ranks(); rank++) {
      RoutingIndex fresh =
          RoutingIndex.of(input.choices().get(rank), input.placement(), input.topology());
      used = RoutingIndex.of(input.choices().get(rank), input.placement(), input.topology(), used);
      int slots = fresh.offsets()[input.placement().experts()];
      assertThat(used.offsets()).as(input.name()).isEqualTo(fresh.offsets());
      assertThat(Arrays.copyOf(used.slots(), slots))
          .as(input.name())
          .isEqualTo(Arrays.copyOf(fresh.slots(), slots));
      assertThat(Arrays.copyOf(used.weights(), slots))
          .as(input.name())
          .isEqualTo(Arrays.copyOf(fresh.weights(), slots));
      for (Scope scope : scopes(input.topology())) {
        long[] words = new long[fresh.wordCount()];
        long[] expected = new long[fresh.wordCount()];
        used.words(scope, words);
        fresh.words(scope, expected);
        assertThat(words).as("%s, %s", input, scope).isEqualTo(expected);
        assertThat(used.count(scope)).as("%s, %s", input, scope).isEqualTo(fresh.count(scope));
      }
    }
  }

  private static List<Scope> scopes(Topology topology) {
    List<Scope> scopes = new ArrayList<>();
    IntStream.range(0, topology.rankCount()).mapToObj(Scope::rank).forEach(scopes::add);
    IntStream.range(0, topology.vnodeCount()).mapToObj(Scope::vnode).forEach(scopes::add);
    IntStream.range(0, topology.domainCount()).mapToObj(Scope::domain).forEach(scopes::add);
    return scopes;
  }

  private static List<DispatchReference.Row> rowsOf(PermuteLayout layout) {
    int[] sources = layout.sourceRanks();
    int[] tokens = layout.sourceTokens();
    int[] choices = layout.choices();
    int[] experts = layout.localExperts();
    return IntStream.range(0, layout.count())
        .mapToObj(
            i ->
                new DispatchReference.Row(
                    sources[i], tokens[i], choices[i], experts[i], layout.weights()[i]))
        .toList();
  }

  private static List<OutputShape> shapes(int[] received, long seed) {
    int most = IntStream.of(received).max().orElse(0);
    return List.of(
        OutputShape.CANONICAL,
        OutputShape.expertMajor(List.of(16, 64, 128, 7).get((int) Math.floorMod(seed, 4L))),
        OutputShape.slotted(most + 1),
        OutputShape.paired(1),
        OutputShape.paired(16));
  }

  /** All ranks of a small fabric, some of a large one. */
  static int[] someRanks(RoutingCase input, long seed) {
    return new Random(seed)
        .ints(0, input.ranks())
        .distinct()
        .limit(Math.min(4, input.ranks()))
        .toArray();
  }
}
