package io.moelink.layout.combine;

import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.dispatch.TokenSet;
import java.util.List;

/**
 * The masks of one rank at one level of the combine: bit i of a token's mask says that contributor
 * i holds a partial sum of it (page 2.5 of the specification).
 *
 * @param sources the source ranks, {@code [S]}
 * @param words longs per token
 * @param bits {@code [S][T_source * words]}
 */
public record ReduceMasks(int[] sources, int words, long[][] bits) {

  /**
   * Card level: bit j = local expert j of {@code rank} holds the token; for every source rank,
   * ascending.
   */
  public static ReduceMasks card(GatheredRouting routing, int rank) {
    int ranks = routing.topology().rankCount();
    int first = routing.placement().firstExpert(rank);
    int experts = routing.placement().expertCount(rank);
    int words = Math.max(1, Math.ceilDiv(experts, Long.SIZE));
    int[] sources = new int[ranks];
    long[][] bits = new long[ranks][];
    for (int source = 0; source < ranks; source++) {
      sources[source] = source;
      SourceRouting slots = routing.source(source);
      bits[source] = new long[slots.tokens() * words];
      int[] slice = new int[routing.slotCountAt(source, rank)];
      slots.slots(first, first + experts, slice, 0);
      int i = 0;
      for (int local = 0; local < experts; local++) {
        for (int end = i + routing.slotCount(source, first + local); i < end; i++) {
          bits[source][slice[i] / routing.topK() * words + local / Long.SIZE] |= 1L << local;
        }
      }
    }
    return new ReduceMasks(sources, words, bits);
  }

  /** A level above the card. */
  public static ReduceMasks of(GatheredRouting routing, ReduceLevel level, int rank) {
    int[] sources = level.sources(routing.topology(), rank);
    int contributors = level.contributors(routing.topology(), rank, rank).size();
    int words = Math.ceilDiv(contributors, Long.SIZE);
    long[][] bits = new long[sources.length][];
    for (int s = 0; s < sources.length; s++) {
      List<ReduceLevel.Contributor> addends =
          level.contributors(routing.topology(), rank, sources[s]);
      bits[s] = new long[routing.source(sources[s]).tokens() * words];
      for (int bit = 0; bit < addends.size(); bit++) {
        TokenSet present = routing.needed(sources[s], addends.get(bit).present());
        for (int token : present.toArray()) {
          bits[s][token * words + bit / Long.SIZE] |= 1L << bit;
        }
      }
    }
    return new ReduceMasks(sources, words, bits);
  }
}
