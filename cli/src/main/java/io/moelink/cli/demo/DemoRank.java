package io.moelink.cli.demo;

import io.moelink.Choice;
import io.moelink.Dispatched;
import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.GroupStats;
import io.moelink.TokenBuffer;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.SumOrder;
import io.moelink.layout.routing.TopK;
import io.moelink.transport.TransportProvider;
import io.moelink.verify.OrderedSum;
import io.moelink.verify.RowCodec;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** One rank of the demo: its words through the layer, with the group and without. */
final class DemoRank {
  /**
   * What one rank found.
   *
   * @param rowsPerExpert rows that this rank's experts got
   * @param uniqueRows tokens that came to this rank, each once
   * @param dispatchNanos start and end of dispatch
   * @param combineNanos start and end of combine
   * @param dispatch what dispatch moved
   * @param combine what combine moved
   * @param transport its name and its kernels'
   * @param choice how the rows travelled, and why
   * @param differing tokens whose row is not that of the layer without a group, bit for bit
   * @param maxError largest difference from the layer in float64, over the row's largest value
   */
  record Found(
      int[] rowsPerExpert,
      long uniqueRows,
      long[] dispatchNanos,
      long[] combineNanos,
      GroupStats dispatch,
      GroupStats combine,
      String transport,
      Choice choice,
      int differing,
      double maxError) {}

  private static final int WARM_UP_ROUNDS = 3;

  private final ExpertGroupConfig config;
  private final TransportProvider provider;
  private final DemoLayer layer;

  DemoRank(ExpertGroupConfig config, TransportProvider provider, DemoLayer layer) {
    this.config = config;
    this.provider = provider;
    this.layer = layer;
  }

  Found run(Bootstrap bootstrap, float[][] rows, TopK choices) {
    try (ExpertGroup group = ExpertGroup.open(config, bootstrap, provider)) {
      TokenBuffer tokens = group.allocateTokens(rows.length);
      for (int token = 0; token < rows.length; token++) {
        store(rows[token], tokens.row(token));
      }
      TokenBuffer out = group.allocateTokens(rows.length);
      for (int round = 0; round < WARM_UP_ROUNDS; round++) {
        Dispatched dispatched = group.dispatch(tokens, choices);
        group.combine(dispatched.handle(), dispatched.rows(), out);
        dispatched.handle().close();
      }
      GroupStats before = group.stats();
      bootstrap.barrier(config.timeout());
      long dispatchStart = System.nanoTime();
      Dispatched dispatched = group.dispatch(tokens, choices);
      long dispatchEnd = System.nanoTime();
      GroupStats between = group.stats();
      runExperts(group.rank(), dispatched);
      bootstrap.barrier(config.timeout());
      long combineStart = System.nanoTime();
      group.combine(dispatched.handle(), dispatched.rows(), out);
      long combineEnd = System.nanoTime();
      SumOrder order = Algorithms.named(dispatched.handle().algorithm()).sumOrder();
      Check check = check(group.rank(), order, rows, choices, out);
      return new Found(
          dispatched.rowsPerExpert(),
          Arrays.stream(dispatched.handle().receivedPerRank()).asLongStream().sum(),
          new long[] {dispatchStart, dispatchEnd},
          new long[] {combineStart, combineEnd},
          between.minus(before),
          group.stats().minus(between),
          group.transportName(),
          dispatched.handle().choice(),
          check.differing,
          check.maxError);
    }
  }

  /** The caller's part: every expert on the rows that came for it, in place. */
  private void runExperts(int rank, Dispatched dispatched) {
    int[] first = dispatched.handle().firstRowPerExpert();
    int[] counts = dispatched.rowsPerExpert();
    for (int local = 0; local < counts.length; local++) {
      int expert = config.placement().firstExpert(rank) + local;
      for (int row = first[local]; row < first[local] + counts[local]; row++) {
        MemorySegment memory = dispatched.rows().row(row);
        store(layer.expert(expert, load(memory)), memory);
      }
    }
  }

  private record Check(int differing, double maxError) {}

  private Check check(int rank, SumOrder order, float[][] rows, TopK choices, TokenBuffer out) {
    OrderedSum sums =
        new OrderedSum(config.topology(), config.placement(), order, config.partialType());
    int differing = 0;
    double maxError = 0;
    for (int token = 0; token < rows.length; token++) {
      float[][] experts = new float[choices.topK()][];
      double[] plain = new double[DemoLayer.HIDDEN];
      for (int slot = 0; slot < experts.length; slot++) {
        if (choices.id(token, slot) != TopK.NONE) {
          float[] exact = layer.expert(choices.id(token, slot), rows[token]);
          experts[slot] = rounded(exact);
          for (int i = 0; i < plain.length; i++) {
            plain[i] += (double) choices.weight(token, slot) * exact[i];
          }
        }
      }
      float[] expected = rounded(sums.sum(choices, rank, token, experts, DemoLayer.HIDDEN, true));
      float[] found = load(out.row(token));
      differing += Arrays.equals(found, expected) ? 0 : 1;
      maxError = Math.max(maxError, error(found, plain));
    }
    return new Check(differing, maxError);
  }

  private static double error(float[] found, double[] plain) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < plain.length; i++) {
      largest = Math.max(largest, Math.abs(plain[i]));
      difference = Math.max(difference, Math.abs(found[i] - plain[i]));
    }
    return largest == 0 ? difference : difference / largest;
  }

  private static float[] rounded(float[] row) {
    float[] result = new float[row.length];
    for (int i = 0; i < row.length; i++) {
      result[i] = RowCodec.round(ElementType.BF16, row[i]);
    }
    return result;
  }

  private static void store(float[] row, MemorySegment memory) {
    for (int i = 0; i < row.length; i++) {
      RowCodec.set(ElementType.BF16, memory, i, row[i]);
    }
  }

  private static float[] load(MemorySegment memory) {
    float[] row = new float[DemoLayer.HIDDEN];
    for (int i = 0; i < row.length; i++) {
      row[i] = RowCodec.get(ElementType.BF16, memory, i);
    }
    return row;
  }
}
