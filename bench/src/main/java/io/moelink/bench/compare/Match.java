package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import io.moelink.bench.job.RankHashes;
import io.moelink.bench.job.Reference;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** All contestants of one case: each is verified, then they take turns in short slices. */
final class Match {
  private static final int WARM_ROUNDS_MIN = 3;

  /** A contestant that compiled for less than one of so many parts of its warm-up is warm. */
  private static final int COMPILING_PARTS = 50;

  /** One that still compiles is measured as it is after so many warm-ups. */
  private static final int WARM_UPS_MAX = 15;

  private static final int ROUNDS_MAX = 400;

  /** Shorter than the host's state lasts, long enough for several rounds of most cases. */
  private static final Duration SLICE = Duration.ofMillis(200);

  private final Case name;
  private final Job job;
  private final MatchOptions options;
  private final Running probe;
  private final Consumer<String> progress;
  private final List<Sample> samples = new ArrayList<>();
  private int dropped;

  /**
   * A match.
   *
   * @param progress gets a line now and then, for people
   */
  Match(Case name, Job job, MatchOptions options, Running probe, Consumer<String> progress) {
    this.name = name;
    this.job = job;
    this.options = options;
    this.probe = probe;
    this.progress = progress;
  }

  /** Runs it; the first {@code common} contestants are in every batch. */
  MatchResult run(List<Contestant> contestants, int common) throws IOException {
    progress.accept(name + ": working out what rows must come to");
    List<RankHashes> expected = Reference.of(job);
    List<List<Contestant>> batches =
        Batches.of(contestants, common, c -> c.bytes(job), Batches.available());
    for (int batch = 0; batch < batches.size(); batch++) {
      run(batch, batches.get(batch), expected);
    }
    return new MatchResult(name, job, List.copyOf(samples), dropped);
  }

  private void run(int batch, List<Contestant> contestants, List<RankHashes> expected)
      throws IOException {
    try (RunningGroup running = new RunningGroup()) {
      int[] rounds = new int[contestants.size()];
      for (Contestant contestant : contestants) {
        progress.accept(name + ": " + contestant.name() + " starts and is verified");
        Running started = Running.start(contestant, job);
        running.add(started);
        rounds[running.all().size() - 1] = warm(started);
        verify(started, expected);
      }
      takeTurns(batch, running.all(), rounds);
    }
  }

  /**
   * Runs rounds until a JVM has little left to compile: four of them on two cores take ten seconds
   * and more, and rounds meanwhile take several times as long. Returns how many fill a slice.
   */
  private int warm(Running running) throws IOException {
    List<Round> last = running.rounds(WARM_ROUNDS_MIN);
    for (int i = 0; i < WARM_UPS_MAX; i++) {
      long before = running.compiledMillis();
      long end = System.nanoTime() + options.warmUp().toNanos();
      while (System.nanoTime() < end) {
        last = running.rounds(roundsOfSlice(last));
      }
      long compiled = running.compiledMillis() - before;
      if (compiled * COMPILING_PARTS <= options.warmUp().toMillis()) {
        break;
      }
    }
    return roundsOfSlice(last);
  }

  private static int roundsOfSlice(List<Round> rounds) {
    double[] sorted =
        rounds.stream().mapToDouble(r -> r.dispatchMs() + r.combineMs()).sorted().toArray();
    double one = Math.max(sorted[sorted.length / 2], 1e-3);
    return (int) Math.clamp(SLICE.toMillis() / one, 1, ROUNDS_MAX);
  }

  private void verify(Running running, List<RankHashes> expected) throws IOException {
    List<RankHashes> found = running.hashes();
    for (int rank = 0; rank < expected.size(); rank++) {
      RankHashes own = rank < found.size() ? found.get(rank) : null;
      if (own == null || own.dispatched() != expected.get(rank).dispatched()) {
        throw wrong(running, rank, "dispatched rows");
      }
      if (own.combined() != expected.get(rank).combined()) {
        throw wrong(running, rank, "combined rows");
      }
    }
  }

  private IllegalStateException wrong(Running running, int rank, String what) {
    return new IllegalStateException(
        "case %s: %s, rank %d: %s are not what the definition says"
            .formatted(name, running.name(), rank, what));
  }

  private void takeTurns(int batch, List<Running> running, int[] rounds) throws IOException {
    progress.accept("%s: %d contestants take turns".formatted(name, running.size()));
    long end = System.nanoTime() + options.time().toNanos();
    for (int turn = 0; turn < options.turnsMin() || System.nanoTime() < end; turn++) {
      for (int i = 0; i < running.size(); i++) {
        // not always after the same one
        int at = (turn + i) % running.size();
        rounds[at] = slice(batch, running.get(at), rounds[at]);
      }
    }
  }

  /** Times some rounds; returns how many the next slice should have. */
  private int slice(int batch, Running running, int rounds) throws IOException {
    // what the caches hold is another one's
    running.rounds(1);
    double before = probe.probe();
    List<Round> timed = running.rounds(rounds);
    Optional<HostState> state = HostState.of(before, probe.probe());
    if (state.isEmpty()) {
      dropped += timed.size();
    } else {
      timed.forEach(r -> samples.add(new Sample(batch, running.name(), state.get(), r)));
    }
    return roundsOfSlice(timed);
  }
}
