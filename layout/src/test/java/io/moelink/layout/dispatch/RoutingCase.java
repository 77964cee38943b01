package io.moelink.layout.dispatch;

import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.RandomRouting;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A fabric with a placement and the choices of every rank: the raw input that references start
 * from, and the same input indexed.
 */
public record RoutingCase(
    String name, Topology topology, ExpertPlacement placement, int topK, List<TopK> choices) {
  /** Every kind of preset, and some that are odd in size. */
  public static final List<String> PRESETS =
      List.of(
          "ubbv2-1node",
          "ubbv2-1node-die",
          "ubbv2-2node",
          "ubbv2-2node+port10",
          "ubbv2-2node-die",
          "ubbv2-2node-die+port10",
          "ubbv2-3node",
          "ubbv2-3node+port10",
          "ubbv2-4node-die",
          "ocs-1node-die",
          "pcie-8gpu",
          "nvlink-1x8",
          "nvlink-2x8",
          "nvlink-3x8",
          "flat-1",
          "flat-5",
          "flat-16",
          "flat-70");

  /** What is left of fabrics that lost ranks: mates, gates, a VNode, a node. */
  public static final List<String> PARTS =
      List.of(
          "ubbv2-1node without 3",
          "ubbv2-1node without 0 1 2 3",
          "ubbv2-2node without 8",
          "ubbv2-2node without 0 5 8",
          "ubbv2-2node without 12 13 14 15",
          "ubbv2-2node+port10 without 1 12",
          "ubbv2-2node-die without 6 7",
          "ubbv2-3node without 0 8 9 10 11 12 13 14 15",
          "pcie-8gpu without 5",
          "ocs-1node-die without 3",
          "nvlink-3x8 without 8 9 20",
          "flat-5 without 2");

  /** The arguments of a parameterised test over parts of fabrics. */
  public static Stream<Object[]> everyPart(int seeds) {
    return PARTS.stream()
        .flatMap(
            part ->
                IntStream.range(0, seeds)
                    .mapToObj(i -> new Object[] {part, 31L * part.hashCode() + i}));
  }

  /** A preset, or with {@code without} a part of one. */
  public static Topology topology(String name) {
    String[] parts = name.split(" without ");
    Topology whole = Topologies.named(parts[0]);
    return parts.length == 1
        ? whole
        : whole.without(
            java.util.Arrays.stream(parts[1].split(" ")).mapToInt(Integer::parseInt).toArray());
  }

  private static final int[] TOP_KS = {1, 2, 3, 4, 6, 8, 8, 13, 32};
  private static final int[] EXPERTS = {1, 7, 16, 32, 64, 100, 256, 256, 1024, 4096};

  /** Every preset with {@code seeds} seeds each: the arguments of a parameterised test. */
  public static Stream<Object[]> everyPreset(int seeds) {
    return PRESETS.stream()
        .flatMap(
            preset ->
                IntStream.range(0, seeds)
                    .mapToObj(i -> new Object[] {preset, 31L * preset.hashCode() + i}));
  }

  /** Uneven counts of tokens, none on some ranks; a placement of any kind; choices of any kind. */
  public static RoutingCase random(String preset, long seed) {
    Random random = new Random(seed);
    Topology topology = topology(preset);
    int ranks = topology.rankCount();
    int experts = EXPERTS[random.nextInt(EXPERTS.length)];
    int topK = Math.min(experts, TOP_KS[random.nextInt(TOP_KS.length)]);
    int tokensMax = Math.max(3, Math.min(200, 12_000 / (ranks * topK)));
    double none = random.nextInt(3) == 0 ? random.nextInt(5) / 4.0 : 0;
    boolean one = random.nextInt(8) == 0;
    List<TopK> choices = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      int tokens = random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(tokensMax);
      choices.add(RandomRouting.of(random, tokens, topK, experts, none, one));
    }
    return new RoutingCase(
        preset + ", seed " + seed, topology, placement(random, experts, ranks), topK, choices);
  }

  private static ExpertPlacement placement(Random random, int experts, int ranks) {
    int kind = random.nextInt(3);
    if (kind == 0) {
      return ExpertPlacement.contiguous(experts, ranks);
    }
    int[] counts = new int[ranks];
    for (int expert = 0; expert < experts; expert++) {
      // some ranks hold much, some little or nothing
      int rank = random.nextInt(ranks);
      counts[random.nextBoolean() ? rank : rank / 2]++;
    }
    if (kind == 1) {
      return ExpertPlacement.ofCounts(counts);
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, ranks).boxed().toList());
    Collections.shuffle(order, random);
    int[] first = new int[ranks];
    int next = 0;
    for (int rank : order) {
      first[rank] = next;
      next += counts[rank];
    }
    return ExpertPlacement.ofBlocks(first, counts);
  }

  /** {@code tokens} tokens on every rank, each with {@code topK} different experts at random. */
  public static RoutingCase uniform(String preset, int tokens, int topK, int experts, long seed) {
    Random random = new Random(seed);
    Topology topology = Topologies.named(preset);
    List<TopK> choices = new ArrayList<>();
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      int[] ids = new int[tokens * topK];
      for (int token = 0; token < tokens; token++) {
        List<Integer> drawn = random.ints(0, experts).distinct().limit(topK).boxed().toList();
        for (int k = 0; k < topK; k++) {
          ids[token * topK + k] = drawn.get(k);
        }
      }
      choices.add(TopK.of(rank, ids, null, tokens, topK, experts));
    }
    return new RoutingCase(
        preset + ", uniform, seed " + seed,
        topology,
        ExpertPlacement.contiguous(experts, topology.rankCount()),
        topK,
        choices);
  }

  /** What every rank publishes, gathered. */
  public GatheredRouting gathered() {
    return new GatheredRouting(
        topology,
        placement,
        topK,
        choices.stream().map(c -> RoutingIndex.of(c, placement, topology)).toList());
  }

  public int ranks() {
    return topology.rankCount();
  }

  @Override
  public String toString() {
    return name;
  }
}
