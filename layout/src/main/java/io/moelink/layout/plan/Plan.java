package io.moelink.layout.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** For every rank an ordered list of steps. See the package's page. */
public final class Plan {
  /** Where a step stands. */
  public record StepId(int rank, int index) {}

  private final String name;
  private final List<List<Step>> steps;
  private final Map<Buffer, List<StepId>> producers;

  Plan(String name, List<List<Step>> steps) {
    this.name = name;
    List<List<Step>> copy = new ArrayList<>();
    steps.forEach(list -> copy.add(List.copyOf(list)));
    this.steps = Collections.unmodifiableList(copy);
    producers = producersOf(this.steps);
  }

  private static Map<Buffer, List<StepId>> producersOf(List<List<Step>> steps) {
    Map<Buffer, List<StepId>> producers = new HashMap<>();
    for (int rank = 0; rank < steps.size(); rank++) {
      for (int i = 0; i < steps.get(rank).size(); i++) {
        Step step = steps.get(rank).get(i);
        if (step.rank() != rank) {
          throw new IllegalStateException("step " + step + " listed at rank " + rank);
        }
        for (Buffer written : step.writes()) {
          List<StepId> writers = producers.computeIfAbsent(written, b -> new ArrayList<>(1));
          if (!writers.isEmpty() && written.kind() != BufferKind.EXPERT) {
            throw new IllegalStateException("two steps write " + written);
          }
          writers.add(new StepId(rank, i));
        }
      }
    }
    for (List<Step> list : steps) {
      for (Step step : list) {
        for (Buffer read : step.reads()) {
          if (!producers.containsKey(read) && !givenByCaller(read)) {
            throw new IllegalStateException("no step writes " + read + ", read by " + step);
          }
        }
      }
    }
    return producers;
  }

  private static boolean givenByCaller(Buffer buffer) {
    return switch (buffer.kind()) {
      case INPUT, EXPERT, SCALAR, INPUT_COLUMNS, EXPERT_COLUMNS -> true;
      case STAGING, PARTIAL, OUTPUT, OUTPUT_COLUMNS -> false;
    };
  }

  /** For people, for example "hierarchical dispatch". */
  public String name() {
    return name;
  }

  public int rankCount() {
    return steps.size();
  }

  /** What {@code rank} does, in order. */
  public List<Step> steps(int rank) {
    return steps.get(rank);
  }

  /** The step with that place. */
  public Step step(StepId id) {
    return steps.get(id.rank()).get(id.index());
  }

  /** The steps that write a buffer; none for what the caller gives. */
  public List<StepId> producers(Buffer buffer) {
    return producers.getOrDefault(buffer, List.of());
  }

  /** The steps, of this or another rank, that must end before {@code step} starts. */
  public List<StepId> waitsFor(Step step) {
    List<StepId> waits = new ArrayList<>();
    for (Buffer read : step.reads()) {
      waits.addAll(producers(read));
    }
    return waits;
  }
}
