package io.moelink.bench.job;

import io.moelink.kernel.ElementType;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.verify.RowCodec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the rows of a job must come to, by the definitions and by no contestant's code: experts
 * ascending, then source rank, token and slot; sums in float32, those of one rank's experts by slot
 * and rounded to BF16, then by rank.
 */
public final class Reference {
  private final Job job;
  private final ExpertPlacement placement;

  private Reference(Job job) {
    this.job = job;
    placement = job.placement();
  }

  /** The hashes by rank. */
  public static List<RankHashes> of(Job job) {
    Reference reference = new Reference(job);
    long[] dispatched = reference.dispatched();
    return IntStream.range(0, job.ranks())
        .mapToObj(rank -> new RankHashes(dispatched[rank], reference.combined(rank)))
        .toList();
  }

  private long[] dispatched() {
    int[][] firstRow = firstRows();
    long[] sums = new long[job.ranks()];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(job.rowBytes(), Long.BYTES);
      for (int source = 0; source < job.ranks(); source++) {
        TopK routing = job.routing()[source];
        for (int token = 0; token < routing.tokens(); token++) {
          JobRows.fill(row, job.firstToken(source) + token, job.hidden());
          for (int slot = 0; slot < job.topK(); slot++) {
            int expert = routing.id(token, slot);
            if (expert != TopK.NONE) {
              long at = firstRow[source][expert]++ * job.rowBytes();
              sums[placement.rankOf(expert)] += RowHash.of(row, at / Long.BYTES);
            }
          }
        }
      }
    }
    return sums;
  }

  /** The row of each source's first slot at each expert, {@code [ranks][experts]}. */
  private int[][] firstRows() {
    int[][] rows = new int[job.ranks()][job.experts()];
    for (int source = 0; source < job.ranks(); source++) {
      for (int id : job.routing()[source].ids()) {
        if (id != TopK.NONE) {
          rows[source][id]++;
        }
      }
    }
    int next = 0;
    for (int expert = 0; expert < job.experts(); expert++) {
      if (expert == placement.firstExpert(placement.rankOf(expert))) {
        next = 0;
      }
      for (int source = 0; source < job.ranks(); source++) {
        int count = rows[source][expert];
        rows[source][expert] = next;
        next += count;
      }
    }
    return rows;
  }

  private long combined(int rank) {
    return IntStream.range(0, job.routing()[rank].tokens())
        .parallel()
        .mapToLong(token -> combined(rank, token))
        .sum();
  }

  private long combined(int rank, int token) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(job.rowBytes(), Long.BYTES);
      JobRows.fill(row, job.firstToken(rank) + token, job.hidden());
      TopK routing = job.routing()[rank];
      int[] ranks = ranksOfSlots(routing, token);
      for (int i = 0; i < job.hidden(); i++) {
        float value = RowCodec.get(ElementType.BF16, row, i);
        RowCodec.set(ElementType.BF16, row, i, sum(routing, token, ranks, value));
      }
      return RowHash.of(row, token * job.rowBytes() / Long.BYTES);
    }
  }

  /** The rank of each slot's expert, -1 where there is none. */
  private int[] ranksOfSlots(TopK routing, int token) {
    int[] ranks = new int[job.topK()];
    for (int slot = 0; slot < ranks.length; slot++) {
      int expert = routing.id(token, slot);
      ranks[slot] = expert == TopK.NONE ? -1 : placement.rankOf(expert);
    }
    return ranks;
  }

  /** Experts are the identity here: all of a token's rows have the same value. */
  private float sum(TopK routing, int token, int[] ranks, float value) {
    float total = 0;
    for (int rank = 0; rank < job.ranks(); rank++) {
      float part = 0;
      for (int slot = 0; slot < ranks.length; slot++) {
        if (ranks[slot] == rank) {
          part += routing.weight(token, slot) * value;
        }
      }
      total += RowCodec.round(ElementType.BF16, part);
    }
    return total;
  }
}
