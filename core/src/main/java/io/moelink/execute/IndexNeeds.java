package io.moelink.execute;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.BufferKind;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Step;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What one rank reads of another rank's routing when it binds its steps: known from the plans
 * alone, so both ends know it without a word.
 */
final class IndexNeeds {
  /** Whose tokens: bitmaps, in the order in which a slice holds them. */
  private final SortedSet<Scope> scopes =
      new TreeSet<>(Comparator.comparing(Scope::kind).thenComparingInt(Scope::index));

  /** Ranks whose experts' slots it reads. */
  private final SortedSet<Integer> expertRanks = new TreeSet<>();

  private IndexNeeds() {}

  /** What {@code reader} reads of every source. */
  static IndexNeeds[] ofReader(int reader, List<Plan> plans) {
    IndexNeeds[] bySource = empty(plans.getFirst().rankCount());
    for (IndexNeeds needs : bySource) {
      needs.own(reader);
    }
    collect(plans, (rank, source) -> rank == reader ? bySource[source] : null);
    return bySource;
  }

  /** What every reader reads of {@code source}. */
  static IndexNeeds[] ofSource(int source, List<Plan> plans) {
    IndexNeeds[] byReader = empty(plans.getFirst().rankCount());
    for (int reader = 0; reader < byReader.length; reader++) {
      byReader[reader].own(reader);
    }
    collect(plans, (rank, of) -> of == source ? byReader[rank] : null);
    return byReader;
  }

  private static IndexNeeds[] empty(int ranks) {
    IndexNeeds[] needs = new IndexNeeds[ranks];
    Arrays.setAll(needs, i -> new IndexNeeds());
    return needs;
  }

  /** Every handle knows what came to its own rank. */
  private void own(int reader) {
    scopes.add(Scope.rank(reader));
    expertRanks.add(reader);
  }

  private interface Table {
    /** The needs to add to, or null for those that nobody asked for. */
    IndexNeeds of(int reader, int source);
  }

  private static void collect(List<Plan> plans, Table table) {
    for (Plan plan : plans) {
      for (int rank = 0; rank < plan.rankCount(); rank++) {
        for (Step step : plan.steps(rank)) {
          collect(step, table);
        }
      }
    }
  }

  private static void collect(Step step, Table table) {
    for (Buffer written : step.writes()) {
      touch(step.rank(), written, table);
    }
    for (Buffer read : step.reads()) {
      touch(step.rank(), read, table);
    }
    if (step instanceof Step.Reduce reduce) {
      IndexNeeds needs = table.of(step.rank(), reduce.to().source());
      for (Step.Addend addend : needs == null ? List.<Step.Addend>of() : reduce.addends()) {
        needs.add(addend.present());
        if (addend.buffer().kind() == BufferKind.EXPERT) {
          needs.expertRanks.add(addend.buffer().rank());
        }
      }
    }
  }

  /** Who works on a buffer, and who holds it, must know its rows; of expert rows counts say all. */
  private static void touch(int rank, Buffer buffer, Table table) {
    for (int reader : new int[] {rank, buffer.rank()}) {
      IndexNeeds needs = table.of(reader, buffer.source());
      if (needs != null && !byCounts(buffer.kind())) {
        needs.add(buffer.content());
      }
    }
  }

  private static boolean byCounts(BufferKind kind) {
    return switch (kind) {
      case SCALAR, EXPERT, EXPERT_COLUMNS -> true;
      default -> false;
    };
  }

  private void add(Scope scope) {
    if (scope.kind() != Scope.Kind.ALL) {
      scopes.add(scope);
    }
  }

  List<Scope> scopes() {
    return List.copyOf(scopes);
  }

  int[] expertRanks() {
    return expertRanks.stream().mapToInt(Integer::intValue).toArray();
  }
}
