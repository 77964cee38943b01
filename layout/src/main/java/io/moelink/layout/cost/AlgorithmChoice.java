package io.moelink.layout.cost;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Chooses the algorithm, the staging policy and the chunk size of an exchange by simulating them
 * all, dispatch and combine, on the counts of the exchange.
 *
 * <p>A choice is remembered by its shape: everything of the request but row counts, which are
 * remembered as classes. Two exchanges are of one shape when each source has a number of tokens in
 * the same power of two and each rank gets, within an eighth of the mean, the same rows. So the
 * answer for a shape is that of its first counts, {@link #CACHED_MAX} shapes are kept, and a known
 * shape is answered without a simulation. For any thread; the same calls in the same order give the
 * same choices, so ranks that call it with counts that they all share agree.
 */
public final class AlgorithmChoice {
  /** Shapes that are remembered; beyond them all are forgotten and simulated anew. */
  public static final int CACHED_MAX = 1024;

  private static final int[] CHUNK_ROWS = {128, 256, 1024};
  private static final int LOAD_CLASSES = 8;

  /**
   * One candidate and what it costs.
   *
   * @param algorithm its name
   * @param staging what entries stage; matters to {@code hierarchical} alone
   * @param chunkRows rows of one put of a push
   * @param dispatchSeconds simulated
   * @param combineSeconds simulated
   */
  public record Estimate(
      String algorithm,
      StagingPolicy staging,
      int chunkRows,
      double dispatchSeconds,
      double combineSeconds) {
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
   * @param why one sentence for people
   */
  public record Choice(Estimate best, List<Estimate> estimates, String why) {}

  private record Shape(
      Topology topology,
      StagingPolicy staging,
      boolean columnMajor,
      ExpertPlacement placement,
      long rowBytes,
      int topK,
      List<Integer> classes) {}

  private final Map<Shape, Choice> known = new ConcurrentHashMap<>();

  /** Remembers nothing yet. */
  public AlgorithmChoice() {}

  /**
   * The fastest way for these counts.
   *
   * @param request topology, reach and order of rows; its staging policy is kept where it is not
   *     the default, and chosen where it is
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
    Shape shape =
        new Shape(
            request.topology(),
            request.staging(),
            request.columnMajor(),
            placement,
            rowBytes,
            topK,
            classes(counts, placement.ranks()));
    Choice choice = known.get(shape);
    if (choice == null) {
      choice = simulate(request, counts, rowBytes);
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

  private static List<Integer> classes(RowCounts counts, int ranks) {
    Integer[] classes = new Integer[2 * ranks];
    double[] load = new double[ranks];
    double sum = 0;
    for (int rank = 0; rank < ranks; rank++) {
      classes[rank] = Math.getExponent(counts.needed(rank, Scope.ALL) + 1);
      load[rank] = counts.expertRows(rank);
      sum += load[rank];
    }
    for (int rank = 0; rank < ranks; rank++) {
      // int: which eighth of the mean
      classes[ranks + rank] = sum > 0 ? (int) (load[rank] * ranks / sum * LOAD_CLASSES + .5) : 0;
    }
    return Arrays.asList(classes);
  }

  private static Choice simulate(PlanRequest request, RowCounts counts, long rowBytes) {
    List<Estimate> best = new ArrayList<>();
    for (Algorithm algorithm : Algorithms.all()) {
      List<Estimate> all = new ArrayList<>();
      for (StagingPolicy staging : policies(request, algorithm)) {
        all.addAll(estimates(request.withStaging(staging), algorithm, counts, rowBytes));
      }
      best.add(fastest(all));
    }
    best.sort(Comparator.comparingDouble(Estimate::seconds));
    return new Choice(best.getFirst(), List.copyOf(best), why(best));
  }

  /** FULL moves rows that nobody needs, so it is never chosen unless it is asked for. */
  private static List<StagingPolicy> policies(PlanRequest request, Algorithm algorithm) {
    boolean open = request.staging() == StagingPolicy.UNION;
    return open && algorithm.name().equals("hierarchical")
        ? List.of(StagingPolicy.UNION, StagingPolicy.PER_PEER)
        : List.of(request.staging());
  }

  private static List<Estimate> estimates(
      PlanRequest request, Algorithm algorithm, RowCounts counts, long rowBytes) {
    var dispatch = algorithm.dispatch(request);
    var combine = algorithm.combine(request);
    List<Estimate> estimates = new ArrayList<>();
    for (int chunk : CHUNK_ROWS) {
      FabricSimulator simulator =
          new FabricSimulator(request.topology(), new RowShape(rowBytes, chunk));
      estimates.add(
          new Estimate(
              algorithm.name(),
              request.staging(),
              chunk,
              simulator.run(dispatch, counts).seconds(),
              simulator.run(combine, counts).seconds()));
    }
    return estimates;
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
    String staging = best.algorithm().equals("hierarchical") ? best.staging() + " staging, " : "";
    return String.format(
        Locale.ROOT,
        "%s (%schunks of %d rows): %.3f ms for dispatch and combine, simulated; next is %s with"
            + " %.3f ms",
        best.algorithm(),
        staging,
        best.chunkRows(),
        best.seconds() * 1e3,
        next.algorithm(),
        next.seconds() * 1e3);
  }
}
