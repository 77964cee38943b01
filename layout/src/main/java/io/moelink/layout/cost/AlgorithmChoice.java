package io.moelink.layout.cost;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.Step;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Chooses the algorithm, the staging policy and the chunk size of an exchange by simulating them
 * all, dispatch and combine, on the counts of the exchange.
 *
 * <p>A choice is remembered by its shape: everything of the request, and of the counts three
 * classes: tokens of all ranks and of the busiest source by powers of two, slots of the busiest
 * rank over the mean by half powers of two. So the answer for a shape is that of its first counts,
 * {@link #CACHED_MAX} shapes are kept, and a known shape is answered without a simulation.
 *
 * <p>For any thread. The same calls in the same order give the same choices, in any process: so
 * ranks that each have an object and call it with counts that they all share agree. What is
 * simulated for equal counts is simulated once in a process, however many ranks it has.
 */
public final class AlgorithmChoice {
  /** Shapes that are remembered; beyond them all are forgotten and simulated anew. */
  public static final int CACHED_MAX = 1024;

  /** The first is taken where the size makes no difference. */
  private static final int[] CHUNK_ROWS = {RowShape.CHUNK_ROWS, 128, 1024};

  private static final int SIMULATED_MAX = 64;

  /** What is the same for equal keys, whoever asks first; shared so that ranks do not repeat it. */
  private static final Map<Question, Choice> SIMULATED = new ConcurrentHashMap<>();

  /**
   * A way to exchange, without a chunk size.
   *
   * @param staging what entries stage, where the algorithm has any
   */
  public record Candidate(Algorithm algorithm, StagingPolicy staging) {}

  /**
   * One way to exchange and what it costs.
   *
   * @param algorithm its name
   * @param staging what entries stage; matters to algorithms that stage
   * @param chunkRows rows of one put of a push
   * @param dispatchSeconds simulated
   * @param combineSeconds simulated
   * @param bound the link that needs most time for its bytes, and of which way, for people
   */
  public record Estimate(
      String algorithm,
      StagingPolicy staging,
      int chunkRows,
      double dispatchSeconds,
      double combineSeconds,
      String bound) {
    /** Of both ways. */
    public double seconds() {
      return dispatchSeconds + combineSeconds;
    }
  }

  /**
   * What was chosen, and from what.
   *
   * @param best the fastest
   * @param estimates the best of every algorithm, the fastest first
   * @param why one line for people
   */
  public record Choice(Estimate best, List<Estimate> estimates, String why) {}

  private record Shape(
      Topology topology,
      StagingPolicy staging,
      boolean columnMajor,
      ExpertPlacement placement,
      long rowBytes,
      int topK,
      int tokensClass,
      int busiestSourceClass,
      int skewClass) {}

  /** All that a simulation reads; the reach of a request follows from its topology. */
  private record Question(
      Topology topology,
      StagingPolicy staging,
      boolean columnMajor,
      long rowBytes,
      CountTable counts) {}

  private final Map<Shape, Choice> known = new ConcurrentHashMap<>();

  /** Remembers nothing yet. */
  public AlgorithmChoice() {}

  /**
   * All that a request can be served by. A staging policy that is not the default was asked for and
   * is kept. FULL moves rows that nobody needs, so it is never a candidate unless it is asked for.
   */
  public static List<Candidate> candidates(StagingPolicy staging) {
    List<Candidate> candidates = new ArrayList<>();
    for (Algorithm algorithm : Algorithms.all()) {
      candidates.add(new Candidate(algorithm, staging));
      if (algorithm.stages() && staging == StagingPolicy.UNION) {
        candidates.add(new Candidate(algorithm, StagingPolicy.PER_PEER));
      }
    }
    return candidates;
  }

  /**
   * The fastest way for these counts.
   *
   * @param request topology and order of rows, with the reach of the topology's links; its staging
   *     policy is kept where it is not the default, and chosen where it is
   * @param counts rows of the routing
   * @param placement of the experts, part of the shape
   * @param topK K, part of the shape
   * @param rowBytes bytes of a row, 1 or more
   */
  public Choice choose(
      PlanRequest request, RowCounts counts, ExpertPlacement placement, int topK, long rowBytes) {
    if (placement.ranks() != request.topology().rankCount()) {
      throw new InvalidInputException(
          "placement of %d ranks, expected %d (topology %s)"
              .formatted(
                  placement.ranks(), request.topology().rankCount(), request.topology().name()));
    }
    RowShape.of(rowBytes);
    Shape shape = shape(request, counts, placement, topK, rowBytes);
    Choice choice = known.get(shape);
    if (choice == null) {
      choice = simulated(request, new CountTable(request.topology(), counts), rowBytes);
      if (known.size() >= CACHED_MAX) {
        known.clear();
      }
      known.put(shape, choice);
    }
    return choice;
  }

  /** Number of shapes that are remembered. */
  public int cached() {
    return known.size();
  }

  private static Shape shape(
      PlanRequest request, RowCounts counts, ExpertPlacement placement, int topK, long rowBytes) {
    int ranks = placement.ranks();
    double tokens = 0;
    double busiestSource = 0;
    double slots = 0;
    double busiestRank = 0;
    for (int rank = 0; rank < ranks; rank++) {
      double own = counts.needed(rank, Scope.ALL);
      tokens += own;
      busiestSource = Math.max(busiestSource, own);
      double received = 0;
      for (int source = 0; source < ranks; source++) {
        received += counts.slots(source, rank);
      }
      slots += received;
      busiestRank = Math.max(busiestRank, received);
    }
    double skew = slots > 0 ? busiestRank * ranks / slots : 1;
    return new Shape(
        request.topology(),
        request.staging(),
        request.columnMajor(),
        placement,
        rowBytes,
        topK,
        Math.getExponent(tokens + 1),
        Math.getExponent(busiestSource + 1),
        // of the square: twice as many classes
        Math.getExponent(skew * skew));
  }

  private static Choice simulated(PlanRequest request, CountTable counts, long rowBytes) {
    Question question =
        new Question(
            request.topology(), request.staging(), request.columnMajor(), rowBytes, counts);
    if (SIMULATED.size() >= SIMULATED_MAX) {
      SIMULATED.clear();
    }
    // who asks for the same meanwhile waits for the one answer
    return SIMULATED.computeIfAbsent(question, AlgorithmChoice::simulate);
  }

  private static Choice simulate(Question question) {
    PlanRequest request =
        PlanRequest.of(question.topology()).withColumnMajor(question.columnMajor());
    List<Estimate> best = new ArrayList<>();
    for (Candidate candidate : candidates(question.staging())) {
      Estimate estimate = fastest(estimates(request, candidate, question));
      Estimate last = best.isEmpty() ? null : best.getLast();
      // the candidates of one algorithm follow one another
      if (last == null || !last.algorithm().equals(estimate.algorithm())) {
        best.add(estimate);
      } else {
        best.set(best.size() - 1, fastest(List.of(last, estimate)));
      }
    }
    best.sort(Comparator.comparingDouble(Estimate::seconds));
    return new Choice(best.getFirst(), List.copyOf(best), why(best));
  }

  private static List<Estimate> estimates(
      PlanRequest request, Candidate candidate, Question question) {
    PlanRequest staged = request.withStaging(candidate.staging());
    Plan dispatch = candidate.algorithm().dispatch(staged);
    Plan combine = candidate.algorithm().combine(staged);
    int sizes = pushes(dispatch) || pushes(combine) ? CHUNK_ROWS.length : 1;
    List<Estimate> estimates = new ArrayList<>();
    for (int i = 0; i < sizes; i++) {
      RowShape shape = new RowShape(question.rowBytes(), CHUNK_ROWS[i]);
      FabricSimulator simulator = new FabricSimulator(question.topology(), shape);
      SimulationResult there = simulator.run(dispatch, question.counts());
      SimulationResult back = simulator.run(combine, question.counts());
      estimates.add(
          new Estimate(
              candidate.algorithm().name(),
              candidate.staging(),
              CHUNK_ROWS[i],
              there.seconds(),
              back.seconds(),
              busySeconds(there) >= busySeconds(back)
                  ? bound(there, "dispatch")
                  : bound(back, "combine")));
    }
    return estimates;
  }

  /** Whether the plan sends rows in chunks at all. */
  private static boolean pushes(Plan plan) {
    for (int rank = 0; rank < plan.rankCount(); rank++) {
      if (plan.steps(rank).stream().anyMatch(Step.Push.class::isInstance)) {
        return true;
      }
    }
    return false;
  }

  /** How long its busiest link needs. */
  private static double busySeconds(SimulationResult result) {
    LinkUse busiest = result.busiest();
    return busiest == null ? 0 : busiest.busyShare() * result.seconds();
  }

  private static String bound(SimulationResult result, String way) {
    LinkUse busiest = result.busiest();
    return busiest == null
        ? "nothing moves"
        : String.format(
            Locale.ROOT,
            "%s is busiest, %.0f %% of %s",
            busiest.name(),
            busiest.busyShare() * 100,
            way);
  }

  /** The first of those that no other beats by more than rounding. */
  private static Estimate fastest(List<Estimate> estimates) {
    Estimate best = estimates.getFirst();
    for (Estimate other : estimates) {
      if (other.seconds() < best.seconds() * (1 - 1e-9)) {
        best = other;
      }
    }
    return best;
  }

  private static String why(List<Estimate> sorted) {
    Estimate best = sorted.getFirst();
    Estimate next = sorted.get(1);
    return String.format(
        Locale.ROOT,
        "%s, simulated %.3f ms against %s %.3f ms: %s",
        best.algorithm(),
        best.seconds() * 1e3,
        next.algorithm(),
        next.seconds() * 1e3,
        best.bound());
  }
}
