package io.moelink.layout.dispatch;

/**
 * Whom a row is meant for: everyone, the ranks of a domain, those of a VNode, or one rank.
 *
 * @param kind which level
 * @param index the number of the domain, VNode or rank; 0 for ALL
 */
public record Scope(Kind kind, int index) {
  /** The levels, from the widest to one rank. */
  public enum Kind {
    ALL,
    DOMAIN,
    VNODE,
    RANK
  }

  /** How many levels there are. */
  public static final int LEVELS = Kind.values().length;

  /** Every token of the source, needed or not. */
  public static final Scope ALL = new Scope(Kind.ALL, 0);

  public static Scope domain(int domain) {
    return new Scope(Kind.DOMAIN, domain);
  }

  public static Scope vnode(int vnode) {
    return new Scope(Kind.VNODE, vnode);
  }

  public static Scope rank(int rank) {
    return new Scope(Kind.RANK, rank);
  }

  @Override
  public String toString() {
    return kind == Kind.ALL ? "all" : kind.name().toLowerCase(java.util.Locale.ROOT) + " " + index;
  }
}
