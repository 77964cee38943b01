package io.moelink.cli.cost;

import io.moelink.layout.InvalidInputException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code --sweep} goes through.
 *
 * @param topologies names
 * @param tokens of every rank, as a user writes them
 */
public record Sweep(List<String> topologies, List<String> tokens) {
  private static final Pattern SIZED = Pattern.compile("(ubbv2-|nvlink-)[0-9]+(node.*|x8)");
  private static final int DIGITS_MAX = 6;

  static Sweep parse(List<String> texts, String topology, String tokens) {
    List<String> topologies = List.of(topology);
    List<String> counts = List.of(tokens);
    for (String text : texts) {
      int equals = text.indexOf('=');
      String name = equals < 0 ? text : text.substring(0, equals);
      List<String> values = equals < 0 ? List.of() : numbers(text, text.substring(equals + 1));
      switch (values.isEmpty() ? "" : name) {
        case "tokens" -> counts = values;
        case "nodes" -> topologies = values.stream().map(n -> withNodes(topology, n)).toList();
        default ->
            throw new InvalidInputException(
                "--sweep: found " + text + ", expected tokens=T0,T1,... or nodes=N0,N1,...");
      }
    }
    return new Sweep(topologies, counts);
  }

  private static List<String> numbers(String text, String list) {
    List<String> values = Arrays.asList(list.split(",", -1));
    for (String value : values) {
      if (value.isEmpty()
          || value.length() > DIGITS_MAX
          || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw new InvalidInputException(
            "--sweep: found \"" + value + "\" in " + text + ", expected a number 0 to 999999");
      }
    }
    return values;
  }

  /** Whether a topology is a preset of a family that has any number of nodes. */
  public static boolean sized(String topology) {
    return SIZED.matcher(topology).matches();
  }

  /** The preset of the same family with so many nodes. */
  public static String withNodes(String topology, String nodes) {
    Matcher sized = SIZED.matcher(topology);
    if (!sized.matches()) {
      throw new InvalidInputException(
          "--sweep: found nodes= with topology "
              + topology
              + ", expected a preset with a number of nodes (ubbv2-Nnode..., nvlink-Nx8)");
    }
    return sized.group(1) + nodes + sized.group(2);
  }
}
