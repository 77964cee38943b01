package io.moelink.layout.plan;

import io.moelink.layout.dispatch.Scope;
import java.util.List;

/**
 * A buffer of a plan, by what it holds: row i is the i-th of the source's tokens that the scope
 * needs. EXPERT buffers hold the rows of all sources, in the order of {@link
 * io.moelink.layout.dispatch.ExpertRows}; their source is their rank.
 *
 * @param rank the rank in whose memory it lies
 * @param kind what lies in it
 * @param source the rank whose tokens these are
 * @param scope who needs them; for PARTIAL whose sums these are
 * @param dense whether row i is the source's token i, needed or not; else only what is needed lies
 *     in it
 */
public record Buffer(int rank, BufferKind kind, int source, Scope scope, boolean dense) {
  /** A buffer of what is needed. */
  public Buffer(int rank, BufferKind kind, int source, Scope scope) {
    this(rank, kind, source, scope, false);
  }

  public static Buffer input(int rank) {
    return new Buffer(rank, BufferKind.INPUT, rank, Scope.ALL);
  }

  public static Buffer staging(int rank, int source, Scope scope) {
    return new Buffer(rank, BufferKind.STAGING, source, scope);
  }

  public static Buffer expert(int rank) {
    return new Buffer(rank, BufferKind.EXPERT, rank, Scope.rank(rank));
  }

  public static Buffer partial(int rank, int source, Scope scope) {
    return new Buffer(rank, BufferKind.PARTIAL, source, scope);
  }

  public static Buffer output(int rank) {
    return new Buffer(rank, BufferKind.OUTPUT, rank, Scope.ALL);
  }

  public static Buffer scalar(int rank, int source, int expertRank) {
    return new Buffer(rank, BufferKind.SCALAR, source, Scope.rank(expertRank));
  }

  /** The scope whose tokens are its rows. */
  public Scope content() {
    return dense ? Scope.ALL : scope;
  }

  /** The same with a row for every token of the source. */
  Buffer asDense() {
    return new Buffer(rank, kind, source, scope, true);
  }

  /** The same content, or the part of it that {@code narrower} needs, at another rank. */
  Buffer at(int otherRank, Scope narrower) {
    return new Buffer(otherRank, kind, source, narrower, dense && narrower.equals(scope));
  }

  /** For people: the first of some buffers, and how many others there are. */
  public static String names(List<Buffer> buffers) {
    int others = buffers.size() - 1;
    return buffers.getFirst() + (others == 0 ? "" : " and " + others + " more");
  }

  @Override
  public String toString() {
    String name = kind.name().toLowerCase(java.util.Locale.ROOT);
    return switch (kind) {
      case STAGING, PARTIAL, SCALAR ->
          name + "[" + source + " for " + scope + (dense ? ", dense" : "") + "]@" + rank;
      default -> name + "@" + rank;
    };
  }
}
