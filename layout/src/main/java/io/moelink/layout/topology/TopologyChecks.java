package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/** The rules that make a topology sound. Each method relies on those before it. */
final class TopologyChecks {
  private final TopologyBuilder.Places places;
  private final RankCoordinates[] coordinates;
  private final LinkMatrix links;
  private int[] vnodeOf;
  private int[] domainOfVnode;
  private int domainCount;

  TopologyChecks(TopologyBuilder.Places places, RankCoordinates[] coordinates, LinkMatrix links) {
    this.places = places;
    this.coordinates = coordinates;
    this.links = links;
  }

  int[] vnodeOf() {
    return vnodeOf;
  }

  int[] domainOfVnode() {
    return domainOfVnode;
  }

  /** Every rank has coordinates, without gaps, and a VNode lies in one node and one domain. */
  void coordinates() {
    for (int rank = 0; rank < coordinates.length; rank++) {
      if (coordinates[rank] == null) {
        throw fault(rank, "rank", "found none, expected all of 0 to " + (coordinates.length - 1));
      }
    }
    dense("node", RankCoordinates::node);
    domainCount = dense("domain", RankCoordinates::domain);
    int vnodeCount = dense("vnode", RankCoordinates::vnode);
    int cardCount = dense("card", RankCoordinates::card);
    vnodeOf = Arrays.stream(coordinates).mapToInt(RankCoordinates::vnode).toArray();
    domainOfVnode = new int[vnodeCount];
    int[] nodeOfVnode = new int[vnodeCount];
    int[] nodeOfCard = new int[cardCount];
    Arrays.fill(domainOfVnode, -1);
    Arrays.fill(nodeOfVnode, -1);
    Arrays.fill(nodeOfCard, -1);
    Map<Long, Integer> dies = new HashMap<>();
    for (int rank = 0; rank < coordinates.length; rank++) {
      RankCoordinates at = coordinates[rank];
      inside(rank, "node", at.node(), nodeOfVnode, at.vnode(), "VNode");
      inside(rank, "domain", at.domain(), domainOfVnode, at.vnode(), "VNode");
      inside(rank, "node", at.node(), nodeOfCard, at.card(), "card");
      if (at.die() < 0 || at.die() >= coordinates.length) {
        throw fault(rank, "die", "found " + at.die() + ", expected 0 or more");
      }
      Integer before = dies.put((long) at.card() * coordinates.length + at.die(), rank);
      if (before != null) {
        throw fault(
            rank,
            "die",
            "found card %d die %d, which is rank %d already, expected one rank a die"
                .formatted(at.card(), at.die(), before));
      }
    }
  }

  /** Every number from 0 up to the largest is there; returns how many there are. */
  private int dense(String field, ToIntFunction<RankCoordinates> number) {
    boolean[] seen = new boolean[coordinates.length];
    int count = 0;
    for (int rank = 0; rank < coordinates.length; rank++) {
      int value = number.applyAsInt(coordinates[rank]);
      if (value < 0 || value >= coordinates.length) {
        throw fault(rank, field, "found " + value + ", expected 0 to " + (coordinates.length - 1));
      }
      seen[value] = true;
      count = Math.max(count, value + 1);
    }
    for (int value = 0; value < count; value++) {
      if (!seen[value]) {
        throw new InvalidInputException(
            "%s%s: found %d but no %s %d, expected numbers from 0 without gaps"
                .formatted(places.ofAll(), field, count - 1, field, value));
      }
    }
    return count;
  }

  private void inside(
      int rank, String field, int value, int[] valueOfGroup, int group, String groupName) {
    if (valueOfGroup[group] < 0) {
      valueOfGroup[group] = value;
    } else if (valueOfGroup[group] != value) {
      throw fault(
          rank,
          field,
          "found %d, expected %d like the other ranks of %s %d"
              .formatted(value, valueOfGroup[group], groupName, group));
    }
  }

  /** Ranks of one VNode are linked with one another, both ways. */
  void vnodesAreLinked() {
    for (int from = 0; from < vnodeOf.length; from++) {
      for (int to = 0; to < vnodeOf.length; to++) {
        if (from != to && vnodeOf[from] == vnodeOf[to] && links.get(from, to) == null) {
          throw fault(
              from,
              "vnode",
              "found no link to rank %d, expected one to every rank of VNode %d"
                  .formatted(to, vnodeOf[from]));
        }
      }
    }
  }

  /** Mates by (rank, VNode), -1 for none: in other VNodes, at most one in each, linked, mutual. */
  short[] mateTable(int[][] mates, int[] mateCounts) {
    int vnodeCount = domainOfVnode.length;
    short[] table = new short[vnodeOf.length * vnodeCount];
    Arrays.fill(table, (short) -1);
    for (int rank = 0; rank < vnodeOf.length; rank++) {
      for (int i = 0; i < mateCounts[rank]; i++) {
        int mate = mates[rank][i];
        int vnode = vnodeOf[mate];
        int at = rank * vnodeCount + vnode;
        if (vnode == vnodeOf[rank]) {
          throw fault(
              rank,
              "mates",
              "found rank %d of the same VNode %d, expected a rank of another VNode"
                  .formatted(mate, vnode));
        }
        if (table[at] >= 0) {
          throw fault(
              rank,
              "mates",
              "found ranks %d and %d of VNode %d, expected at most one mate in a VNode"
                  .formatted(table[at], mate, vnode));
        }
        table[at] = (short) mate;
      }
    }
    mutual(table, vnodeCount);
    return table;
  }

  private void mutual(short[] table, int vnodeCount) {
    for (int rank = 0; rank < vnodeOf.length; rank++) {
      for (int vnode = 0; vnode < vnodeCount; vnode++) {
        int mate = table[rank * vnodeCount + vnode];
        if (mate < 0) {
          continue;
        }
        int back = table[mate * vnodeCount + vnodeOf[rank]];
        if (back != rank) {
          throw fault(
              rank,
              "mates",
              "found rank %d, whose mate in VNode %d is %s, expected rank %d (mates are mutual)"
                  .formatted(mate, vnodeOf[rank], back < 0 ? "missing" : "rank " + back, rank));
        }
        if (links.get(rank, mate) == null) {
          throw fault(
              rank, "mates", "found rank %d without a link to it, expected one".formatted(mate));
        }
      }
    }
  }

  /** A mate in every other VNode of the own domain, and exactly one in every other domain. */
  void reach(short[] table) {
    int vnodeCount = domainOfVnode.length;
    int[] gates = new int[domainCount];
    for (int rank = 0; rank < vnodeOf.length; rank++) {
      Arrays.fill(gates, -1);
      int own = domainOfVnode[vnodeOf[rank]];
      for (int vnode = 0; vnode < vnodeCount; vnode++) {
        int mate = table[rank * vnodeCount + vnode];
        int domain = domainOfVnode[vnode];
        if (domain == own) {
          if (mate < 0 && vnode != vnodeOf[rank]) {
            throw fault(
                rank,
                "mates",
                "found none in VNode %d, expected one in every other VNode of domain %d"
                    .formatted(vnode, own));
          }
        } else if (mate >= 0) {
          if (gates[domain] >= 0) {
            throw fault(
                rank,
                "mates",
                "found ranks %d and %d in domain %d, expected exactly one mate in another domain"
                    .formatted(gates[domain], mate, domain));
          }
          gates[domain] = mate;
        }
      }
      for (int domain = 0; domain < domainCount; domain++) {
        if (domain != own && gates[domain] < 0) {
          throw fault(
              rank,
              "mates",
              "found none in domain %d, expected exactly one in every other domain"
                  .formatted(domain));
        }
      }
    }
  }

  private InvalidInputException fault(int rank, String field, String rule) {
    return new InvalidInputException(places.ofRank(rank, field) + rule);
  }
}
