package io.moelink.layout.routing;

import io.moelink.layout.InvalidInputException;

/**
 * What kind of routing to generate, as a user writes it:
 *
 * <ul>
 *   <li>{@code uniform}: K different experts, all equally likely;
 *   <li>{@code zipf:1.2}: K different experts, the n-th most popular one drawn with a probability
 *       proportional to 1/n^1.2; which expert is the n-th most popular follows from the seed, so
 *       popular experts do not sit side by side on one rank;
 *   <li>{@code one-expert}: every token goes to expert 0 with weight 1, through its first slot; its
 *       other slots are empty (-1). The worst skew there is;
 *   <li>{@code grouped:4}: experts stand in equal contiguous groups; a token first picks at most 4
 *       groups, then K different experts inside them.
 * </ul>
 *
 * @param kind the kind
 * @param exponent of zipf, above 0 and at most 8; 0 for the other kinds
 * @param groupsPerToken of grouped, 1 or more; 0 for the other kinds
 */
public record RoutingSpec(Kind kind, double exponent, int groupsPerToken) {
  /** The kinds of generated routing. */
  public enum Kind {
    UNIFORM,
    ZIPF,
    ONE_EXPERT,
    GROUPED
  }

  /** K different experts, all equally likely. */
  public static final RoutingSpec UNIFORM = new RoutingSpec(Kind.UNIFORM, 0, 0);

  /** Every token to expert 0. */
  public static final RoutingSpec ONE_EXPERT = new RoutingSpec(Kind.ONE_EXPERT, 0, 0);

  private static final double MAX_EXPONENT = 8;
  private static final String ALLOWED =
      "expected uniform, zipf:S (0 < S <= 8), one-expert or grouped:M (M >= 1)";

  public RoutingSpec {
    boolean valid =
        switch (kind) {
          case UNIFORM, ONE_EXPERT -> exponent == 0 && groupsPerToken == 0;
          case ZIPF -> exponent > 0 && exponent <= MAX_EXPONENT && groupsPerToken == 0;
          case GROUPED -> exponent == 0 && groupsPerToken >= 1;
        };
    if (!valid) {
      throw new InvalidInputException(
          "routing "
              + kind
              + ", exponent "
              + exponent
              + ", groups "
              + groupsPerToken
              + ", "
              + ALLOWED);
    }
  }

  /** Popularity that falls with the given exponent. */
  public static RoutingSpec zipf(double exponent) {
    return new RoutingSpec(Kind.ZIPF, exponent, 0);
  }

  /** At most {@code groupsPerToken} groups of experts for one token. */
  public static RoutingSpec grouped(int groupsPerToken) {
    return new RoutingSpec(Kind.GROUPED, 0, groupsPerToken);
  }

  /** Reads the text form; refuses anything else with what was found and what is allowed. */
  public static RoutingSpec parse(String text) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    String argument = colon < 0 ? null : text.substring(colon + 1);
    try {
      if (argument == null && name.equals("uniform")) {
        return UNIFORM;
      }
      if (argument == null && name.equals("one-expert")) {
        return ONE_EXPERT;
      }
      if (argument != null && name.equals("zipf")) {
        double exponent = Double.parseDouble(argument);
        if (exponent > 0 && exponent <= MAX_EXPONENT) {
          return zipf(exponent);
        }
      }
      if (argument != null && name.equals("grouped")) {
        int groups = Integer.parseInt(argument);
        if (groups >= 1) {
          return grouped(groups);
        }
      }
    } catch (NumberFormatException e) {
      throw new InvalidInputException("routing \"" + text + "\", " + ALLOWED, e);
    }
    throw new InvalidInputException("routing \"" + text + "\", " + ALLOWED);
  }

  /** The text form. */
  @Override
  public String toString() {
    return switch (kind) {
      case UNIFORM -> "uniform";
      case ZIPF -> "zipf:" + exponent;
      case ONE_EXPERT -> "one-expert";
      case GROUPED -> "grouped:" + groupsPerToken;
    };
  }
}
