package io.moelink;

import io.moelink.layout.cost.AlgorithmChoice;
import io.moelink.layout.cost.AlgorithmChoice.Candidate;
import io.moelink.layout.cost.RowCounts;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.Reach;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The plans that a group may run, and which of them a routing gets. All are known when the group
 * opens, so that a choice costs no set-up; where the config names one algorithm there is one
 * candidate and nothing is simulated.
 */
final class PlanChoices {
  private final ExpertGroupConfig config;

  /** With the reach of the topology's links, which is what is simulated. */
  private final PlanRequest request;

  private final List<Candidate> candidates;

  /** What every routing gets where there is one candidate; else null. */
  private final Choice only;

  private final AlgorithmChoice simulations = new AlgorithmChoice();

  PlanChoices(ExpertGroupConfig config) {
    this.config = config;
    request =
        PlanRequest.of(config.topology())
            .withStaging(config.staging())
            .withColumnMajor(config.rowOrder() == RowOrder.COLUMN_MAJOR)
            .withRowPartials(config.partialType() == config.elementType());
    List<Algorithm> algorithms = config.algorithms();
    candidates =
        algorithms.size() == 1
            ? List.of(new Candidate(algorithms.getFirst(), config.staging()))
            : AlgorithmChoice.candidates(config.staging());
    only = candidates.size() == 1 ? only(candidates.getFirst()) : null;
  }

  private Choice only(Candidate candidate) {
    String name = candidate.algorithm().name();
    return new Choice(
        name, candidate.staging(), config.chunkRows(), name + ", as the config says", List.of());
  }

  /**
   * All plans: of each candidate dispatch and combine, last the one for scalars. Kernels work over
   * links that allow it and where the transport can load.
   */
  List<Plan> plans(Reach transports) {
    Reach links = request.reach();
    PlanRequest reached =
        request.withReach(
            (reader, owner) -> links.loads(reader, owner) && transports.loads(reader, owner));
    List<Plan> plans = new ArrayList<>();
    for (Candidate candidate : candidates) {
      PlanRequest staged = reached.withStaging(candidate.staging());
      plans.add(candidate.algorithm().dispatch(staged));
      plans.add(candidate.algorithm().combine(staged));
    }
    plans.add(Algorithms.scalars(reached));
    return plans;
  }

  int dispatchPlan(Choice choice) {
    return 2 * index(choice);
  }

  int combinePlan(Choice choice) {
    return 2 * index(choice) + 1;
  }

  int scalarPlan() {
    return 2 * candidates.size();
  }

  private int index(Choice choice) {
    for (int i = 0; i < candidates.size(); i++) {
      Candidate candidate = candidates.get(i);
      if (candidate.algorithm().name().equals(choice.algorithm())
          && candidate.staging() == choice.staging()) {
        return i;
      }
    }
    throw new IllegalStateException("no plan was set up for " + choice);
  }

  /**
   * The way of a routing. All ranks see the same routings in the same order, so they choose the
   * same without a word.
   */
  Choice choose(GatheredRouting routing) {
    if (only != null) {
      return only;
    }
    long rowBytes = Arrays.stream(config.payloadBytes()).asLongStream().sum();
    AlgorithmChoice.Choice choice =
        simulations.choose(
            request,
            RowCounts.of(routing, config.output()),
            config.placement(),
            config.topK(),
            rowBytes);
    AlgorithmChoice.Estimate best = choice.best();
    return new Choice(
        best.algorithm(), best.staging(), best.chunkRows(), choice.why(), choice.estimates());
  }
}
