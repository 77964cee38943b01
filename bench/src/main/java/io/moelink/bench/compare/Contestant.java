package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One system that does the work of a case. */
interface Contestant {
  /** Short and stable: for tables, files and options. */
  String name();

  /** Why it cannot run here and what to install, in one line; empty if it can. */
  Optional<String> missing();

  /** Builds what it needs; called once, before the first start. */
  default void prepare() {}

  /** Whether its processes are JVMs, which are slow until they have compiled what they run. */
  default boolean compiles() {
    return false;
  }

  /** How its processes start for a job. */
  Start start(Job job, Workplace place);

  /**
   * The most bytes of memory that it holds.
   *
   * @param job of the case
   */
  long bytes(Job job);

  /**
   * Commands of processes.
   *
   * @param commands one for each process
   * @param environments variables of each, beside those of this process
   * @param connections sockets that they open to the harness together
   */
  record Start(
      List<List<String>> commands, List<Map<String, String>> environments, int connections) {

    /** One process without variables of its own. */
    static Start of(int connections, List<String> command) {
      return new Start(List.of(command), List.of(Map.of()), connections);
    }

    /** The same with more variables for all processes. */
    Start with(Map<String, String> variables) {
      List<Map<String, String>> all = new ArrayList<>();
      for (Map<String, String> own : environments) {
        Map<String, String> both = new TreeMap<>(variables);
        both.putAll(own);
        all.add(both);
      }
      return new Start(commands, all, connections);
    }

    /** One process a rank, all with the same command; they find each other on loopback. */
    static Start ofRanks(int ranks, List<String> command) {
      return new Start(Collections.nCopies(ranks, command), RankVariables.of(ranks), ranks);
    }
  }
}
