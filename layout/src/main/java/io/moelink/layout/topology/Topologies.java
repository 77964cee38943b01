package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The presets by name. */
public final class Topologies {
  /**
   * A family of presets.
   *
   * @param pattern how its names are written, N and R standing for numbers
   * @param example a name of the family that {@link #named} takes
   * @param description one line
   */
  public record Family(String pattern, String example, String description) {}

  private static final List<Family> FAMILIES =
      List.of(
          new Family(
              "ubbv2-Nnode",
              "ubbv2-2node",
              "N nodes of 8 cards in 2 VNodes of 4; a BLink mate in the node, RDMA to the same card"
                  + " of every other node"),
          new Family(
              "ubbv2-Nnode+port10",
              "ubbv2-2node+port10",
              "the same with a Port-10 link to the VNode that RDMA does not reach, N >= 2"),
          new Family("ubbv2-Nnode-die", "ubbv2-2node-die", "ubbv2-Nnode with a rank for every die"),
          new Family(
              "ubbv2-Nnode-die+port10",
              "ubbv2-2node-die+port10",
              "ubbv2-Nnode+port10 with a rank for every die, N >= 2"),
          new Family(
              "ocs-1node-die",
              "ocs-1node-die",
              "8 cards of 2 dies behind an optical switch: same die of 3 peer cards and of one mate"
                  + " card, and the card's other die"),
          new Family(
              "pcie-8gpu",
              "pcie-8gpu",
              "8 cards in groups of 4 with PCIe links of their own to 3 peers and one mate"),
          new Family(
              "nvlink-Nx8",
              "nvlink-2x8",
              "N servers of 8 cards, all-to-all NVLink inside, RDMA to the same card outside"),
          new Family(
              "flat-R", "flat-8", "R ranks on one host, every rank reaches every rank directly"));

  private static final Pattern UBBV2 =
      Pattern.compile("ubbv2-(0|[1-9][0-9]{0,5})node(-die)?(\\+port10)?");
  private static final Pattern NVLINK = Pattern.compile("nvlink-(0|[1-9][0-9]{0,5})x8");
  private static final Pattern FLAT = Pattern.compile("flat-(0|[1-9][0-9]{0,5})");

  private static final int QUOTED_LENGTH_MAX = 100;

  private Topologies() {}

  /** All families of presets, in the order in which a list shows them. */
  public static List<Family> families() {
    return FAMILIES;
  }

  /**
   * Makes the preset of that name.
   *
   * @throws InvalidInputException when there is no such preset, or its number is out of range
   */
  public static Topology named(String name) {
    Matcher ubbv2 = UBBV2.matcher(name);
    if (ubbv2.matches()) {
      boolean die = ubbv2.group(2) != null;
      boolean port10 = ubbv2.group(3) != null;
      int nodeCountMax = Topology.RANKS_MAX / (die ? 16 : 8);
      int nodeCount = number(name, "nodes", ubbv2.group(1), port10 ? 2 : 1, nodeCountMax);
      return Ubbv2Preset.build(name, nodeCount, die, port10);
    }
    Matcher nvlink = NVLINK.matcher(name);
    if (nvlink.matches()) {
      int nodeCount = number(name, "servers", nvlink.group(1), 1, Topology.RANKS_MAX / 8);
      return OtherPresets.nvlink(name, nodeCount);
    }
    Matcher flat = FLAT.matcher(name);
    if (flat.matches()) {
      return OtherPresets.flat(name, number(name, "ranks", flat.group(1), 1, Topology.RANKS_MAX));
    }
    return switch (name) {
      case "ocs-1node-die" -> OtherPresets.ocs(name);
      case "pcie-8gpu" -> OtherPresets.pcie(name);
      default ->
          throw new InvalidInputException(
              "topology: found %s, expected one of %s, or a path that ends in .json"
                  .formatted(
                      quoted(name),
                      String.join(", ", FAMILIES.stream().map(Family::pattern).toList())));
    };
  }

  private static int number(String name, String what, String digits, int min, int max) {
    int found = Integer.parseInt(digits);
    if (found < min || found > max) {
      throw new InvalidInputException(
          "topology %s: found %d %s, expected %d to %d".formatted(name, found, what, min, max));
    }
    return found;
  }

  /**
   * A preset by name, or a user's file by a path that ends in {@code .json}.
   *
   * @throws InvalidInputException when there is no such preset, or the file is not a topology
   */
  public static Topology resolve(String nameOrFile) {
    if (!nameOrFile.endsWith(".json")) {
      return named(nameOrFile);
    }
    try {
      return TopologyJson.read(Path.of(nameOrFile));
    } catch (InvalidPathException e) {
      throw new InvalidInputException(
          "topology: found %s, expected a path (%s)"
              .formatted(quoted(nameOrFile), shortened(e.getReason())),
          e);
    }
  }

  /** A text in quotes, on one line, however odd or long it is. */
  static String quoted(String text) {
    return '"' + shortened(text) + '"';
  }

  /** A text on one line, however odd or long it is. */
  static String shortened(String text) {
    StringBuilder line = new StringBuilder();
    int length = Math.min(text.length(), QUOTED_LENGTH_MAX);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (Character.isISOControl(c)) {
        line.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        line.append(c);
      }
    }
    return line.append(length < text.length() ? "..." : "").toString();
  }
}
