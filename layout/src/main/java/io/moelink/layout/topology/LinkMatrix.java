package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Links of all pairs of ranks: two bytes a pair, an index into the distinct links.
 *
 * <pre>
 *   index[from * rankCount + to] = 0 for none, else 1 + place in distinct
 * </pre>
 *
 * <p>Written by {@link TopologyBuilder} only, before the topology exists; read by any thread after.
 */
final class LinkMatrix {
  /** What a short can index, as an unsigned number. */
  static final int DISTINCT_MAX = 65_535;

  private final int rankCount;
  private final short[] index;
  private final List<Link> distinct = new ArrayList<>();
  private final Map<Link, Short> places = new HashMap<>();

  LinkMatrix(int rankCount) {
    this.rankCount = rankCount;
    this.index = new short[rankCount * rankCount];
  }

  private LinkMatrix(LinkMatrix source) {
    this.rankCount = source.rankCount;
    this.index = source.index;
  }

  void set(int from, int to, Link link) {
    Short place = places.get(link);
    if (place == null) {
      if (distinct.size() == DISTINCT_MAX) {
        throw new InvalidInputException(
            "links: found more than " + DISTINCT_MAX + " different links, expected at most that");
      }
      distinct.add(link);
      place = (short) distinct.size();
      places.put(link, place);
    }
    index[from * rankCount + to] = place;
  }

  Link get(int from, int to) {
    if (from < 0 || from >= rankCount || to < 0 || to >= rankCount) {
      throw new IndexOutOfBoundsException(
          "from=%d to=%d of %d ranks".formatted(from, to, rankCount));
    }
    int place = Short.toUnsignedInt(index[from * rankCount + to]);
    return place == 0 ? null : distinct.get(place - 1);
  }

  List<Link> distinct() {
    return distinct;
  }

  Map<Link, Integer> counts() {
    int[] counts = new int[distinct.size() + 1];
    for (short place : index) {
      counts[Short.toUnsignedInt(place)]++;
    }
    Map<Link, Integer> byLink =
        new TreeMap<>(
            Comparator.comparing(Link::kind)
                .thenComparing(Link::gigabytesPerSecond)
                .thenComparing(Link::microseconds));
    for (int place = 1; place < counts.length; place++) {
      byLink.merge(distinct.get(place - 1), counts[place], Integer::sum);
    }
    return byLink;
  }

  /** Shares the index; only the distinct links change. */
  LinkMatrix replaced(Map<LinkKind, Link> byKind) {
    LinkMatrix copy = new LinkMatrix(this);
    for (Link link : distinct) {
      copy.distinct.add(byKind.getOrDefault(link.kind(), link));
    }
    return copy;
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof LinkMatrix that) || rankCount != that.rankCount) {
      return false;
    }
    if (distinct.equals(that.distinct)) {
      return Arrays.equals(index, that.index);
    }
    for (int from = 0; from < rankCount; from++) {
      for (int to = 0; to < rankCount; to++) {
        Link link = get(from, to);
        if (link == null ? that.get(from, to) != null : !link.equals(that.get(from, to))) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return rankCount;
  }
}
