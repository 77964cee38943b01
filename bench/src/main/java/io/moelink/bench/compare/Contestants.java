package io.moelink.bench.compare;

import io.moelink.layout.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/** Who can be compared. */
final class Contestants {
  private Contestants() {}

  /** All that there are, the roofline first, then moelink on each transport, then others. */
  static List<Contestant> all(Programs programs, String algorithm, boolean knownRouting) {
    List<Contestant> all = new ArrayList<>();
    all.add(new Roofline(programs));
    all.addAll(Moelink.all(algorithm, knownRouting));
    for (OpenMpi.Way way : OpenMpi.Way.values()) {
      all.add(new OpenMpi(programs, "mpi-pipelined", way, 0, knownRouting));
      all.add(new OpenMpi(programs, "mpi", way, 2, knownRouting));
    }
    all.add(new Gloo(programs));
    return all;
  }

  /** Those of the given names, in the order of {@code all}; all of them when no name is given. */
  static List<Contestant> named(List<Contestant> all, List<String> names) {
    if (names == null) {
      return all;
    }
    List<String> known = all.stream().map(Contestant::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        throw new InvalidInputException(
            "--contestants: found " + name + ", expected some of " + String.join(", ", known));
      }
    }
    return all.stream().filter(contestant -> names.contains(contestant.name())).toList();
  }
}
