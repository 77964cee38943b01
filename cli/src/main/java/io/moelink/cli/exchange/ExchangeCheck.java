package io.moelink.cli.exchange;

import io.moelink.ExpertGroupConfig;
import io.moelink.TokenBuffer;
import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.SumOrder;
import io.moelink.layout.routing.TopK;
import io.moelink.verify.OrderedSum;
import io.moelink.verify.RowCodec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Compares one rank's rows and sums with the definitions, bit for bit. */
final class ExchangeCheck {
  private final ExchangeJob job;
  private final ExpertGroupConfig config;
  private final int rank;
  private final SumOrder order;

  /**
   * @param order of the sums, that of the algorithm that ran
   */
  ExchangeCheck(ExchangeJob job, int rank, SumOrder order) {
    this.job = job;
    config = job.config();
    this.rank = rank;
    this.order = order;
  }

  /** The first row that is not the one that the canonical order has there, or "". */
  String rows(TokenBuffer rows) {
    int first = config.placement().firstExpert(rank);
    int last = first + config.placement().expertCount(rank);
    int row = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment expected = arena.allocate(config.payloadBytes()[0], 8);
      for (int expert = first; expert < last; expert++) {
        for (int source = 0; source < job.routing().length; source++) {
          TopK routing = job.routing()[source];
          for (int token = 0; token < routing.tokens(); token++) {
            for (int slot = 0; slot < routing.topK(); slot++) {
              if (routing.id(token, slot) == expert) {
                job.rows().fill(config.elementType(), expected, source, token);
                if (row >= rows.rows() || rows.row(row).mismatch(expected) != -1) {
                  return "rank %d, expert %d, row %d: not the row of token %d of rank %d"
                      .formatted(rank, expert, row, token, source);
                }
                row++;
              }
            }
          }
        }
      }
    }
    return row == rows.rows()
        ? ""
        : "rank %d: %d rows, expected %d".formatted(rank, rows.rows(), row);
  }

  /** The first token whose combined row is not the ordered sum, or "". */
  String sums(TokenBuffer out) {
    TopK own = job.routing()[rank];
    int hidden = config.hidden();
    ElementType type = config.elementType();
    OrderedSum sum =
        new OrderedSum(config.topology(), config.placement(), order, config.partialType());
    float[] values = new float[hidden];
    float[][] rows = new float[own.topK()][];
    java.util.Arrays.fill(rows, values);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(config.payloadBytes()[0], 8);
      for (int token = 0; token < own.tokens(); token++) {
        job.rows().fill(type, row, rank, token);
        for (int i = 0; i < hidden; i++) {
          values[i] = RowCodec.get(type, row, i);
        }
        float[] expected = sum.sum(own, rank, token, rows, hidden, true);
        for (int i = 0; i < hidden; i++) {
          RowCodec.set(type, row, i, expected[i]);
        }
        long at = out.row(token).mismatch(row);
        if (at != -1) {
          return "rank %d, token %d, element %d: %s, expected %s"
              .formatted(
                  rank,
                  token,
                  at / type.bytes(),
                  RowCodec.get(type, out.row(token), (int) (at / type.bytes())),
                  RowCodec.get(type, row, (int) (at / type.bytes())));
        }
      }
    }
    return "";
  }
}
