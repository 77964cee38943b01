package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Runs the matches of several cases with all contestants that can run here. */
final class Tournament {
  private final CompareOptions options;
  private final PrintWriter err;

  /**
   * A tournament.
   *
   * @param err gets what contestants are missing, and progress
   */
  Tournament(CompareOptions options, PrintWriter err) {
    this.options = options;
    this.err = err;
  }

  List<MatchResult> run(List<Case> cases) throws IOException {
    List<Contestant> present = present();
    Probe probe = new Probe(new Programs(options.home()));
    probe
        .missing()
        .ifPresent(
            why -> {
              throw new IllegalStateException("probe: " + why);
            });
    probe.prepare();
    present.forEach(Contestant::prepare);
    // the roofline and the first of moelink's transports, if they are there
    int common = (int) present.stream().limit(2).filter(Tournament::isReference).count();
    List<MatchResult> results = new ArrayList<>();
    for (Case one : cases) {
      Job job = one.job(options.home());
      try (Running probing = Running.start(probe, job)) {
        Match match = new Match(one, job, options.match(), probing, this::say);
        results.add(match.run(present, common));
      }
    }
    return results;
  }

  private static boolean isReference(Contestant contestant) {
    return contestant.name().equals(Roofline.NAME) || Moelink.isName(contestant.name());
  }

  private List<Contestant> present() {
    List<Contestant> present = new ArrayList<>();
    for (Contestant contestant : options.contestants()) {
      if (contestant.missing().isEmpty()) {
        present.add(contestant);
      } else if (options.chosen()) {
        throw new IllegalStateException(contestant.name() + ": " + contestant.missing().get());
      } else {
        say("without " + contestant.name() + ": " + contestant.missing().get());
      }
    }
    return present;
  }

  private void say(String line) {
    err.println("moelink bench: " + line);
  }
}
