package io.moelink.layout.dispatch;

import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * What one rank stages: for every source outside its VNode whose entry it is, the tokens in staging
 * order (page 2.4 of the specification).
 */
public final class PullLayout {
  /**
   * One staging buffer.
   *
   * @param source the rank that the rows come from
   * @param parts its parts, in order
   * @param tokens the tokens of each part, ascending; the rows of a part follow those of the one
   *     before
   */
  public record Staged(int source, List<Scope> parts, List<TokenSet> tokens) {
    /** Rows of all parts. */
    public int rowCount() {
      return tokens.stream().mapToInt(TokenSet::count).sum();
    }

    /** The source's token in each row. */
    public int[] toArray() {
      int[] rows = new int[rowCount()];
      int at = 0;
      for (TokenSet part : tokens) {
        System.arraycopy(part.toArray(), 0, rows, at, part.count());
        at += part.count();
      }
      return rows;
    }

    /** The first row of a part. */
    int firstRow(Scope part) {
      int at = 0;
      for (int i = 0; i < parts.size(); i++) {
        if (parts.get(i).equals(part)) {
          return at;
        }
        at += tokens.get(i).count();
      }
      throw new IllegalArgumentException("source " + source + " has no staged part " + part);
    }

    /** The tokens of a part. */
    TokenSet tokensOf(Scope part) {
      return tokens.get(parts.indexOf(part));
    }
  }

  private final List<Staged> staged;

  private PullLayout(List<Staged> staged) {
    this.staged = List.copyOf(staged);
  }

  /** The staging buffers of {@code rank}, by ascending source. */
  public static PullLayout of(GatheredRouting routing, StagingPolicy policy, int rank) {
    Topology topology = routing.topology();
    List<Staged> staged = new ArrayList<>();
    for (int source = 0; source < topology.rankCount(); source++) {
      if (source != rank && topology.entry(source, topology.vnodeOf(rank)) == rank) {
        staged.add(staged(routing, policy, source, rank));
      }
    }
    return new PullLayout(staged);
  }

  /** What the entry {@code rank} stages of one source. */
  static Staged staged(GatheredRouting routing, StagingPolicy policy, int source, int rank) {
    List<Scope> parts = policy.parts(routing.topology(), source, rank);
    List<TokenSet> tokens = new ArrayList<>();
    for (Scope part : parts) {
      tokens.add(routing.needed(source, part));
    }
    return new Staged(source, parts, List.copyOf(tokens));
  }

  /** The staging buffers, by ascending source; also those without a row. */
  public List<Staged> staged() {
    return staged;
  }
}
