package io.moelink.layout.combine;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.dispatch.DispatchReference;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingCase;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The masks equal page 2.5 read line by line, and together they are a tree over all slots. */
class ReduceMasksTest {
  static Stream<Object[]> cases() {
    return Stream.concat(
        RoutingCase.everyPreset(4), Stream.<Object[]>of(new Object[] {"ubbv2-35node+port10", 1L}));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void card(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    for (int rank : ranks(input)) {
      ReduceMasks masks = ReduceMasks.card(input.gathered(), rank);
      int experts = input.placement().expertCount(rank);
      int first = input.placement().firstExpert(rank);
      assertThat(masks.words()).isEqualTo(Math.max(1, (experts + 63) / 64));
      assertThat(masks.sources()).isEqualTo(IntStream.range(0, input.ranks()).toArray());
      for (int source = 0; source < input.ranks(); source++) {
        TopK choices = input.choices().get(source);
        long[] bits = new long[choices.tokens() * masks.words()];
        for (int token = 0; token < choices.tokens(); token++) {
          for (int k = 0; k < input.topK(); k++) {
            int local = choices.id(token, k) - first;
            if (choices.id(token, k) >= 0 && local >= 0 && local < experts) {
              bits[token * masks.words() + local / 64] |= 1L << local % 64;
            }
          }
        }
        assertThat(masks.bits()[source]).as("%s, %d from %d", input, rank, source).isEqualTo(bits);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void vnode(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    Topology topology = input.topology();
    for (int rank : ranks(input)) {
      int own = topology.vnodeOf(rank);
      List<Integer> sources = new ArrayList<>(List.of(rank));
      List<IntPredicate> bits = new ArrayList<>(List.of(r -> r == rank));
      for (int other = 0; other < input.ranks(); other++) {
        if (topology.vnodeOf(other) != own && topology.entry(other, own) == rank) {
          sources.add(other);
        }
        int peer = other;
        if (peer != rank && topology.vnodeOf(peer) == own) {
          bits.add(r -> r == peer);
        }
      }
      check(input, ReduceLevel.VNODE, rank, sources, bits);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void domain(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    Topology topology = input.topology();
    assertThat(ReduceLevel.DOMAIN.exists(topology))
        .isEqualTo(topology.vnodeCount() > topology.domainCount());
    for (int rank : ranks(input)) {
      int own = topology.vnodeOf(rank);
      List<Integer> sources = new ArrayList<>();
      for (int mate : topology.mates(rank)) {
        if (topology.domainOf(mate) != topology.domainOf(rank)) {
          sources.add(mate);
        }
      }
      sources.sort(null);
      sources.addFirst(rank);
      List<IntPredicate> bits = new ArrayList<>(List.of(r -> topology.vnodeOf(r) == own));
      for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
        int other = vnode;
        if (other != own && topology.domainOfVnode(other) == topology.domainOf(rank)) {
          bits.add(r -> topology.vnodeOf(r) == other);
        }
      }
      check(input, ReduceLevel.DOMAIN, rank, sources, bits);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void top(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    Topology topology = input.topology();
    assertThat(ReduceLevel.TOP.exists(topology)).isEqualTo(topology.domainCount() > 1);
    for (int rank : ranks(input)) {
      int own = topology.domainOf(rank);
      List<IntPredicate> bits = new ArrayList<>(List.of(r -> topology.domainOf(r) == own));
      for (int domain = 0; domain < topology.domainCount(); domain++) {
        int other = domain;
        if (other != own) {
          bits.add(r -> topology.domainOf(r) == other);
        }
      }
      check(input, ReduceLevel.TOP, rank, List.of(rank), bits);
    }
  }

  private static void check(
      RoutingCase input,
      ReduceLevel level,
      int rank,
      List<Integer> sources,
      List<IntPredicate> contributors) {
    String where = input + ", " + level + ", rank " + rank;
    DispatchReference reference = new DispatchReference(input);
    ReduceMasks masks = ReduceMasks.of(input.gathered(), level, rank);
    assertThat(masks.sources()).as(where).isEqualTo(sources.stream().mapToInt(s -> s).toArray());
    assertThat(masks.words()).as(where).isEqualTo((contributors.size() + 63) / 64);
    for (int i = 0; i < sources.size(); i++) {
      int source = sources.get(i);
      long[] expected = new long[input.choices().get(source).tokens() * masks.words()];
      for (int bit = 0; bit < contributors.size(); bit++) {
        for (int token : reference.tokens(source, contributors.get(bit))) {
          expected[token * masks.words() + bit / 64] |= 1L << bit % 64;
        }
      }
      assertThat(masks.bits()[i]).as("%s, source %d", where, source).isEqualTo(expected);
    }
  }

  /** From the source down to the experts: every slot is met once, and no branch is empty. */
  @ParameterizedTest
  @MethodSource("cases")
  void treeVisitsEverySlotOnce(String preset, long seed) {
    RoutingCase input = RoutingCase.random(preset, seed);
    Tree tree = new Tree(input);
    for (int source : ranks(input)) {
      TopK choices = input.choices().get(source);
      for (int token = 0; token < choices.tokens(); token++) {
        int t = token;
        List<Integer> experts = new ArrayList<>();
        tree.visit(tree.levels.size() - 1, source, source, token, experts);
        assertThat(experts.stream().mapToInt(e -> e).sorted().toArray())
            .as("%s, source %d, token %d", input, source, token)
            .isEqualTo(
                IntStream.range(0, input.topK())
                    .map(k -> choices.id(t, k))
                    .filter(e -> e >= 0)
                    .sorted()
                    .toArray());
      }
    }
  }

  private static final class Tree {
    final RoutingCase input;
    final GatheredRouting routing;
    final List<ReduceLevel> levels;
    final Map<List<Integer>, ReduceMasks> known = new HashMap<>();

    Tree(RoutingCase input) {
      this.input = input;
      routing = input.gathered();
      levels = ReduceLevel.of(input.topology());
    }

    void visit(int level, int rank, int source, int token, List<Integer> experts) {
      ReduceMasks masks =
          known.computeIfAbsent(
              List.of(level, rank),
              key ->
                  level < 0
                      ? ReduceMasks.card(routing, rank)
                      : ReduceMasks.of(routing, levels.get(level), rank));
      int at = Arrays.stream(masks.sources()).boxed().toList().indexOf(source);
      for (int bit = 0; bit < masks.words() * 64; bit++) {
        if ((masks.bits()[at][token * masks.words() + bit / 64] >>> bit % 64 & 1) == 0) {
          continue;
        }
        if (level < 0) {
          experts.add(input.placement().firstExpert(rank) + bit);
        } else {
          int from = levels.get(level).contributors(input.topology(), rank, source).get(bit).rank();
          int before = experts.size();
          visit(level - 1, from, source, token, experts);
          assertThat(experts.size()).as("empty branch of %s", input).isGreaterThan(before);
        }
      }
    }
  }

  /** Page 2.5: rank 1 reads from ranks 0-3 their cardPartial of sources 1, 4, 9 and 12. */
  @ParameterizedTest
  @CsvSource({"1, 1 4 9 12, 1 0 2 3", "5, 5 0 8 13, 5 4 6 7"})
  void sourcesOfTheReferenceFabric(int rank, String sources, String contributors) {
    Topology topology = Topologies.named("ubbv2-2node");
    assertThat(ReduceLevel.VNODE.sources(topology, rank)).containsExactly(numbers(sources));
    for (int source : ReduceLevel.VNODE.sources(topology, rank)) {
      assertThat(ranksOf(ReduceLevel.VNODE.contributors(topology, rank, source)))
          .containsExactly(numbers(contributors));
    }
  }

  /** Page 2.5: rank 4 adds for source 12 its own partial to that of rank 1; 12 adds that of 4. */
  @Test
  void source12OfTheReferenceFabric() {
    Topology topology = Topologies.named("ubbv2-2node");
    assertThat(ReduceLevel.DOMAIN.sources(topology, 4)).containsExactly(4, 12);
    assertThat(ranksOf(ReduceLevel.DOMAIN.contributors(topology, 4, 12))).containsExactly(4, 1);
    assertThat(ReduceLevel.TOP.sources(topology, 12)).containsExactly(12);
    assertThat(ranksOf(ReduceLevel.TOP.contributors(topology, 12, 12))).containsExactly(12, 4);
  }

  /** Page 2.6. */
  @Test
  void cardMaskOfATokenWithTwoExpertsOnRank0() {
    List<TopK> choices = new ArrayList<>();
    for (int rank = 0; rank < 16; rank++) {
      int[] ids = rank == 0 ? new int[] {0, 1, 200, 201, 224, 225, 253, 255} : new int[0];
      choices.add(TopK.of(ids, null, ids.length / 8, 8, 256));
    }
    GatheredRouting routing =
        new RoutingCase(
                "2.6",
                Topologies.named("ubbv2-2node"),
                ExpertPlacement.contiguous(256, 16),
                8,
                choices)
            .gathered();
    assertThat(ReduceMasks.card(routing, 0).bits()[0]).containsExactly(0b11);
    assertThat(ReduceMasks.card(routing, 15).bits()[0]).containsExactly(1L << 13 | 1L << 15);
  }

  private static int[] ranksOf(List<ReduceLevel.Contributor> contributors) {
    return contributors.stream().mapToInt(ReduceLevel.Contributor::rank).toArray();
  }

  private static int[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static int[] ranks(RoutingCase input) {
    int step = Math.max(1, input.ranks() / 5);
    return IntStream.range(0, input.ranks()).filter(r -> r % step == 0).toArray();
  }
}
