package io.moelink.layout.plan;

import io.moelink.layout.InvalidInputException;
import java.util.List;

/** The algorithms that there are, by name. */
public final class Algorithms {
  /** The name that lets the group choose, for every routing by itself. */
  public static final String AUTO = "auto";

  private static final List<Algorithm> ALL =
      List.of(new Direct(), new Hierarchical(), new AllGather(), new Relay());

  private Algorithms() {}

  public static List<Algorithm> all() {
    return ALL;
  }

  public static List<String> names() {
    return ALL.stream().map(Algorithm::name).toList();
  }

  /** The algorithm of that name. */
  public static Algorithm named(String name) {
    return ALL.stream()
        .filter(algorithm -> algorithm.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "algorithm: found "
                        + name
                        + ", expected one of "
                        + String.join(", ", names())));
  }

  /** What a user's choice allows: the algorithm of that name, or all of them for {@link #AUTO}. */
  public static List<Algorithm> candidates(String name) {
    if (name.equals(AUTO)) {
      return ALL;
    }
    if (!names().contains(name)) {
      throw new InvalidInputException(
          "algorithm: found %s, expected one of %s, %s"
              .formatted(name, String.join(", ", names()), AUTO));
    }
    return List.of(named(name));
  }

  /**
   * The plan that returns one float32 for each slot from the expert's rank to the token's rank (the
   * gradients of the weights); the same for every algorithm.
   */
  public static Plan scalars(PlanRequest request) {
    PlanBuilder plan = new PlanBuilder(request);
    int ranks = request.topology().rankCount();
    for (int turn = 1; turn < ranks; turn++) {
      for (int rank = 0; rank < ranks; rank++) {
        int source = (rank + turn) % ranks;
        Buffer made = Buffer.scalar(rank, source, rank);
        plan.move(made, source, made.scope());
      }
    }
    return plan.build("weight gradients");
  }
}
