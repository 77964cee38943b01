package io.moelink.layout.routing;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;

/**
 * Generated routing. The choices of a token follow from (spec, seed, rank, token, E, K, groups)
 * alone, so every rank can recompute any other rank's, in any order, bit for bit on every machine.
 *
 * <p>Experts of one token are different. Weights are positive, descend with the slot and sum to 1
 * within float32 rounding; an empty slot has weight 0. Immutable; may be shared between threads.
 */
public final class RoutingGenerator {
  /** Draws that hit experts already taken before the rest is searched instead. */
  private static final int MAX_DRAWS = 16;

  private final RoutingSpec spec;
  private final long seed;
  private final int experts;
  private final int topK;
  private final ExpertPlacement groups;
  private final int[] popular;
  private final double[] cumulative;

  /**
   * A generator.
   *
   * @param experts E
   * @param topK K, at most E
   * @param groups equal groups the experts stand in, 1..E; only {@code grouped} looks at it
   * @throws InvalidInputException when sizes are out of range, or when the groups a token may use
   *     cannot hold K experts
   */
  public RoutingGenerator(RoutingSpec spec, long seed, int experts, int topK, int groups) {
    TopKChecks.checkSizes("routing " + spec + ": ", TopKChecks.NO_RANK, 0, topK, experts);
    this.spec = spec;
    this.seed = seed;
    this.experts = experts;
    this.topK = topK;
    this.groups = spec.kind() == RoutingSpec.Kind.GROUPED ? checkedGroups(groups) : null;
    this.popular = spec.kind() == RoutingSpec.Kind.ZIPF ? shuffledExperts() : null;
    this.cumulative = spec.kind() == RoutingSpec.Kind.ZIPF ? cumulativeShares() : null;
  }

  private ExpertPlacement checkedGroups(int count) {
    if (count < 1 || count > experts) {
      throw new InvalidInputException(
          "routing " + spec + ": " + count + " groups, expected 1.." + experts);
    }
    if (spec.groupsPerToken() > count) {
      throw new InvalidInputException(
          String.format(
              "routing %s: %d groups a token, expected 1..%d (there are %d groups)",
              spec, spec.groupsPerToken(), count, count));
    }
    int room = spec.groupsPerToken() * (experts / count);
    if (room < topK) {
      throw new InvalidInputException(
          String.format(
              "routing %s: top-k %d, expected at most %d (%d groups of %d experts)",
              spec, topK, room, spec.groupsPerToken(), experts / count));
    }
    return ExpertPlacement.contiguous(experts, count);
  }

  private int[] shuffledExperts() {
    TokenRandom random = new TokenRandom();
    random.start(seed, -1, -1);
    int[] order = new int[experts];
    for (int i = 0; i < experts; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  private double[] cumulativeShares() {
    double[] sums = new double[experts];
    double sum = 0;
    for (int i = 0; i < experts; i++) {
      // StrictMath: the same bits on every machine
      sum += StrictMath.pow(i + 1.0, -spec.exponent());
      sums[i] = sum;
    }
    return sums;
  }

  /** All choices of one rank. */
  public TopK topK(int rank, int tokens) {
    TopKChecks.checkSizes("routing " + spec + ": ", rank, tokens, topK, experts);
    int[] ids = new int[tokens * topK];
    float[] weights = new float[ids.length];
    Scratch scratch = new Scratch(experts, topK, groups == null ? 0 : groups.ranks());
    for (int token = 0; token < tokens; token++) {
      row(rank, token, ids, weights, token * topK, scratch);
    }
    return TopK.wrap(rank, ids, weights, tokens, topK, experts);
  }

  /** The choices of every rank. */
  public TopK[] topK(int[] tokensPerRank) {
    TopK[] ranks = new TopK[tokensPerRank.length];
    for (int rank = 0; rank < ranks.length; rank++) {
      ranks[rank] = topK(rank, tokensPerRank[rank]);
    }
    return ranks;
  }

  /** One token's K ids and weights, written from {@code at} on. Allocates; for single look-ups. */
  public void row(int rank, int token, int[] ids, float[] weights, int at) {
    row(
        rank,
        token,
        ids,
        weights,
        at,
        new Scratch(experts, topK, groups == null ? 0 : groups.ranks()));
  }

  private static final class Scratch {
    final TokenRandom random = new TokenRandom();
    final boolean[] taken;
    final double[] raw;
    final int[] groupOrder;

    Scratch(int experts, int topK, int groups) {
      taken = new boolean[experts];
      raw = new double[topK];
      groupOrder = new int[groups];
    }
  }

  private void row(int rank, int token, int[] ids, float[] weights, int at, Scratch scratch) {
    scratch.random.start(seed, rank, token);
    if (spec.kind() == RoutingSpec.Kind.ONE_EXPERT) {
      Arrays.fill(ids, at, at + topK, TopK.NONE);
      Arrays.fill(weights, at, at + topK, 0f);
      ids[at] = 0;
      weights[at] = 1f;
      return;
    }
    int room = spec.kind() == RoutingSpec.Kind.GROUPED ? pickGroups(scratch) : experts;
    for (int k = 0; k < topK; k++) {
      int expert =
          switch (spec.kind()) {
            case ZIPF -> popular[nextPopularity(scratch)];
            case GROUPED -> nextGrouped(scratch, room);
            default -> nextUniform(scratch);
          };
      scratch.taken[expert] = true;
      ids[at + k] = expert;
    }
    for (int k = 0; k < topK; k++) {
      scratch.taken[ids[at + k]] = false;
    }
    weigh(scratch, weights, at);
  }

  private int nextUniform(Scratch scratch) {
    int expert = scratch.random.nextInt(experts);
    for (int draw = 0; scratch.taken[expert] && draw < MAX_DRAWS; draw++) {
      expert = scratch.random.nextInt(experts);
    }
    while (scratch.taken[expert]) {
      expert = expert + 1 == experts ? 0 : expert + 1;
    }
    return expert;
  }

  /** Draws again while the expert is taken, which is drawing from what is left, renormalised. */
  private int nextPopularity(Scratch scratch) {
    for (int draw = 0; draw < MAX_DRAWS; draw++) {
      int place = placeOf(scratch.random.nextDouble() * cumulative[experts - 1]);
      if (!scratch.taken[popular[place]]) {
        return place;
      }
    }
    double left = 0;
    for (int i = 0; i < experts; i++) {
      left += scratch.taken[popular[i]] ? 0 : share(i);
    }
    double drawn = scratch.random.nextDouble() * left;
    int last = -1;
    for (int i = 0; i < experts && (last < 0 || drawn >= 0); i++) {
      if (!scratch.taken[popular[i]]) {
        last = i;
        drawn -= share(i);
      }
    }
    return last;
  }

  private double share(int place) {
    return place == 0 ? cumulative[0] : cumulative[place] - cumulative[place - 1];
  }

  /** The first place whose cumulative share is above {@code drawn}. */
  private int placeOf(double drawn) {
    int low = 0;
    int high = experts - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (cumulative[middle] > drawn) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Shuffles the first groups of a token into place; returns how many experts they hold. */
  private int pickGroups(Scratch scratch) {
    int[] order = scratch.groupOrder;
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    int room = 0;
    for (int i = 0; i < spec.groupsPerToken(); i++) {
      int other = i + scratch.random.nextInt(order.length - i);
      int group = order[other];
      order[other] = order[i];
      order[i] = group;
      room += groups.expertCount(group);
    }
    return room;
  }

  private int nextGrouped(Scratch scratch, int room) {
    int place = scratch.random.nextInt(room);
    while (scratch.taken[groupedExpert(scratch, place)]) {
      place = place + 1 == room ? 0 : place + 1;
    }
    return groupedExpert(scratch, place);
  }

  private int groupedExpert(Scratch scratch, int place) {
    int left = place;
    int i = 0;
    while (left >= groups.expertCount(scratch.groupOrder[i])) {
      left -= groups.expertCount(scratch.groupOrder[i]);
      i++;
    }
    return groups.firstExpert(scratch.groupOrder[i]) + left;
  }

  private void weigh(Scratch scratch, float[] weights, int at) {
    double[] raw = scratch.raw;
    double sum = 0;
    for (int k = 0; k < topK; k++) {
      // the softmax of scores spread over 0..3
      raw[k] = StrictMath.exp(3 * scratch.random.nextDouble());
      sum += raw[k];
    }
    Arrays.sort(raw);
    for (int k = 0; k < topK; k++) {
      weights[at + k] = (float) (raw[topK - 1 - k] / sum);
    }
  }
}
