package io.moelink.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Makes medians and ratios of samples; never of samples of two states. */
final class Figures {
  private Figures() {}

  /** The figures of a state, in the order in which contestants came; empty if it was not met. */
  static List<Figure> of(MatchResult result, HostState state) {
    Map<String, Figure> figures = new LinkedHashMap<>();
    int batches = result.samples().stream().mapToInt(Sample::batch).max().orElse(-1) + 1;
    for (int batch = 0; batch < batches; batch++) {
      Map<String, Spread[]> spreads = spreads(result, state, batch);
      // those of every batch have the figures of the first one that met the state
      spreads.forEach((name, own) -> figures.putIfAbsent(name, figure(name, own, spreads)));
    }
    return new ArrayList<>(figures.values());
  }

  private static Map<String, Spread[]> spreads(MatchResult result, HostState state, int batch) {
    Map<String, List<Round>> rounds = new LinkedHashMap<>();
    for (Sample sample : result.samples()) {
      if (sample.batch() == batch && sample.state() == state) {
        rounds.computeIfAbsent(sample.contestant(), name -> new ArrayList<>()).add(sample.round());
      }
    }
    Map<String, Spread[]> spreads = new LinkedHashMap<>();
    rounds.forEach(
        (name, own) ->
            spreads.put(
                name,
                new Spread[] {
                  Spread.of(own.stream().mapToDouble(Round::dispatchMs)),
                  Spread.of(own.stream().mapToDouble(Round::combineMs))
                }));
    return spreads;
  }

  private static Figure figure(String name, Spread[] own, Map<String, Spread[]> all) {
    SortedMap<String, Figure.Ratio> over = new TreeMap<>();
    all.forEach(
        (other, spread) -> {
          if (!other.equals(name)) {
            over.put(other, Figure.Ratio.of(own, spread));
          }
        });
    return new Figure(name, own[0], own[1], over);
  }
}
