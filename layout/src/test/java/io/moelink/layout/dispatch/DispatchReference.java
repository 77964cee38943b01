package io.moelink.layout.dispatch;

import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Page 2 of the specification line by line, from raw ids: every answer is a scan over all of them.
 */
public final class DispatchReference {
  /** One received row, before it has a place. */
  public record Row(int source, int token, int k, int local, float weight) {}

  private final RoutingCase input;
  private final Topology topology;
  private final Map<Object, List<int[]>> known = new HashMap<>();
  private final Map<Integer, List<Row>> rowsOfRank = new HashMap<>();

  public DispatchReference(RoutingCase input) {
    this.input = input;
    topology = input.topology();
  }

  /** Whether some choice of the token lives at a rank that fits. */
  public boolean needs(int source, int token, IntPredicate rank) {
    TopK choices = input.choices().get(source);
    for (int k = 0; k < input.topK(); k++) {
      int expert = choices.id(token, k);
      if (expert >= 0 && rank.test(input.placement().rankOf(expert))) {
        return true;
      }
    }
    return false;
  }

  /** The tokens of a source that some rank that fits needs, ascending. */
  public int[] tokens(int source, IntPredicate rank) {
    return IntStream.range(0, input.choices().get(source).tokens())
        .filter(token -> needs(source, token, rank))
        .toArray();
  }

  /** The rows of a rank in canonical order. */
  public List<Row> rows(int rank) {
    return rowsOfRank.computeIfAbsent(rank, this::scanRows);
  }

  private List<Row> scanRows(int rank) {
    List<Row> rows = new ArrayList<>();
    for (int local = 0; local < input.placement().expertCount(rank); local++) {
      int expert = input.placement().firstExpert(rank) + local;
      for (int source = 0; source < input.ranks(); source++) {
        TopK choices = input.choices().get(source);
        for (int token = 0; token < choices.tokens(); token++) {
          for (int k = 0; k < input.topK(); k++) {
            if (choices.id(token, k) == expert) {
              rows.add(new Row(source, token, k, local, choices.weight(token, k)));
            }
          }
        }
      }
    }
    return rows;
  }

  /** Rows of every local expert. */
  public int[] received(int rank) {
    int[] received = new int[input.placement().expertCount(rank)];
    rows(rank).forEach(row -> received[row.local()]++);
    return received;
  }

  /** First row of every local expert's block, and the rows of the whole buffer. */
  public int[] blockStarts(int rank, OutputShape shape) {
    int[] received = received(rank);
    int[] partners = shape.order() == OutputOrder.PAIRED ? partners(rank) : null;
    int[] starts = new int[received.length + 1];
    for (int local = 0; local < received.length; local++) {
      int rows =
          switch (shape.order()) {
            case SLOTTED -> shape.capacity();
            case PAIRED -> Math.max(received[local], partners[local]);
            case EXPERT_MAJOR -> received[local];
            case RANK_MAJOR -> throw new IllegalArgumentException("no blocks");
          };
      while (rows % shape.alignment() != 0) {
        rows++;
      }
      starts[local + 1] = starts[local] + rows;
    }
    return starts;
  }

  /** Dies of a card pair experts of one local number; whole cards pair experts 2j and 2j + 1. */
  private int[] partners(int rank) {
    int[] received = received(rank);
    int[] partners = new int[received.length];
    for (int other = 0; other < input.ranks(); other++) {
      if (other != rank && topology.cardOf(other) == topology.cardOf(rank)) {
        int[] theirs = received(other);
        for (int local = 0; local < partners.length; local++) {
          partners[local] = local < theirs.length ? theirs[local] : 0;
        }
        return partners;
      }
    }
    for (int local = 0; local < partners.length; local++) {
      int neighbour = local % 2 == 0 ? local + 1 : local - 1;
      partners[local] = neighbour < received.length ? received[neighbour] : 0;
    }
    return partners;
  }

  /** The output row of every row of {@link #rows}. */
  public int[] destinations(int rank, OutputShape shape) {
    int[] next = blockStarts(rank, shape);
    List<Row> rows = rows(rank);
    int[] destinations = new int[rows.size()];
    for (int i = 0; i < destinations.length; i++) {
      destinations[i] = next[rows.get(i).local()]++;
    }
    return destinations;
  }

  /** RANK_MAJOR: the source and token of every row. */
  public List<int[]> rankMajor(int rank) {
    List<int[]> rows = new ArrayList<>();
    for (int source = 0; source < input.ranks(); source++) {
      for (int token : tokens(source, r -> r == rank)) {
        rows.add(new int[] {source, token});
      }
    }
    return rows;
  }

  /** The source's token in every staged row of an entry, part after part. */
  public List<int[]> stagedParts(int source, int entry, StagingPolicy policy) {
    return known.computeIfAbsent(
        List.of(source, entry, policy), key -> scanStagedParts(source, entry, policy));
  }

  private List<int[]> scanStagedParts(int source, int entry, StagingPolicy policy) {
    List<int[]> parts = new ArrayList<>();
    int own = topology.vnodeOf(entry);
    switch (policy) {
      case FULL -> parts.add(tokensOf(source));
      case UNION ->
          parts.add(
              tokens(
                  source,
                  rank -> {
                    int vnode = topology.vnodeOf(rank);
                    return vnode == own || readsFrom(source, entry, vnode);
                  }));
      case PER_PEER -> {
        for (int peer : topology.peers(entry)) {
          parts.add(tokens(source, rank -> rank == peer));
        }
        for (int vnode = 0; vnode < topology.vnodeCount(); vnode++) {
          int next = vnode;
          if (readsFrom(source, entry, vnode)) {
            parts.add(tokens(source, rank -> topology.vnodeOf(rank) == next));
          }
        }
      }
    }
    return parts;
  }

  private boolean readsFrom(int source, int entry, int vnode) {
    return vnode != topology.vnodeOf(entry) && topology.via(source, vnode) == entry;
  }

  private int[] tokensOf(int source) {
    return IntStream.range(0, input.choices().get(source).tokens()).toArray();
  }

  /** Where a rank reads a source's token: the rank of the buffer, and the row there. */
  public int[] bufferRow(int source, int token, int rank, StagingPolicy policy) {
    int vnode = topology.vnodeOf(rank);
    if (topology.vnodeOf(source) == vnode) {
      return new int[] {source, token};
    }
    int entry = topology.entry(source, vnode);
    if (policy != StagingPolicy.PER_PEER) {
      return new int[] {entry, rowOf(token, stagedParts(source, entry, policy), 0)};
    }
    if (entry != rank) {
      int part = indexOf(topology.peers(entry), rank);
      return new int[] {entry, rowOf(token, stagedParts(source, entry, policy), part)};
    }
    // nothing is staged for the entry itself: it reads where the peers' rows come from
    int via = topology.via(source, vnode);
    if (via == source) {
      return new int[] {source, token};
    }
    int part = topology.peers(via).length;
    for (int other = 0; other < vnode; other++) {
      part += readsFrom(source, via, other) ? 1 : 0;
    }
    return new int[] {via, rowOf(token, stagedParts(source, via, policy), part)};
  }

  private static int rowOf(int token, List<int[]> parts, int part) {
    int first = 0;
    for (int i = 0; i < part; i++) {
      first += parts.get(i).length;
    }
    return first + indexOf(parts.get(part), token);
  }

  private static int indexOf(int[] values, int value) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] == value) {
        return i;
      }
    }
    throw new AssertionError(value + " is not there");
  }
}
