package io.moelink.layout.cost;

import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Step;
import java.util.Arrays;
import java.util.List;

/** The steps of a plan under one number each, rank by rank, and who waits for whom. */
final class StepGraph {
  private final Plan plan;
  private final int[] firstOfRank;

  /** Steps that each step still waits for. */
  final int[] waits;

  private final int[] waiterStart;
  private final int[] waiters;

  StepGraph(Plan plan) {
    this.plan = plan;
    firstOfRank = new int[plan.rankCount() + 1];
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      firstOfRank[rank + 1] = firstOfRank[rank] + plan.steps(rank).size();
    }
    int steps = count();
    waits = new int[steps];
    waiterStart = new int[steps + 1];
    walk((producer, step) -> waiterStart[producer + 1]++);
    for (int i = 0; i < steps; i++) {
      waiterStart[i + 1] += waiterStart[i];
    }
    waiters = new int[waiterStart[steps]];
    int[] next = Arrays.copyOf(waiterStart, steps);
    walk(
        (producer, step) -> {
          waiters[next[producer]++] = step;
          waits[step]++;
        });
  }

  private interface Edge {
    void of(int producer, int step);
  }

  private void walk(Edge edge) {
    int number = 0;
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      for (Step step : plan.steps(rank)) {
        List<Buffer> reads = step.reads();
        for (Buffer read : reads) {
          for (Plan.StepId producer : plan.producers(read)) {
            edge.of(firstOfRank[producer.rank()] + producer.index(), number);
          }
        }
        number++;
      }
    }
  }

  int count() {
    return firstOfRank[firstOfRank.length - 1];
  }

  int first(int rank) {
    return firstOfRank[rank];
  }

  int rankOf(int number) {
    int found = Arrays.binarySearch(firstOfRank, number);
    if (found < 0) {
      return -found - 2;
    }
    // a rank without steps begins where the next one does
    while (firstOfRank[found + 1] == number) {
      found++;
    }
    return found;
  }

  Step step(int number) {
    int rank = rankOf(number);
    return plan.steps(rank).get(number - firstOfRank[rank]);
  }

  int waiterCount(int step) {
    return waiterStart[step + 1] - waiterStart[step];
  }

  int waiter(int step, int index) {
    return waiters[waiterStart[step] + index];
  }

  /** Whether a step reads what one push alone writes, so that it can follow it chunk by chunk. */
  boolean follows(int step, int push) {
    return step(step) instanceof Step.Permute permute
        && step(push) instanceof Step.Push
        && plan.producers(permute.from()).size() == 1;
  }
}
