package io.moelink.bench.rank;

import java.nio.file.Path;

/**
 * What a process of moelink ranks is told when it starts.
 *
 * @param socket of the harness
 * @param job file of the job
 * @param barrier file through which ranks start rounds together
 * @param transport name of the transport
 * @param algorithm name of the algorithm
 * @param knownRouting true: the routing is worked out once; false: in every round
 */
public record RankOptions(
    Path socket, Path job, Path barrier, String transport, String algorithm, boolean knownRouting) {
  static RankOptions of(String[] words) {
    if (words.length != 6) {
      throw new IllegalArgumentException("found " + words.length + " words, expected 6");
    }
    return new RankOptions(
        Path.of(words[0]),
        Path.of(words[1]),
        Path.of(words[2]),
        words[3],
        words[4],
        Boolean.parseBoolean(words[5]));
  }

  /** The words of a command line that say the same. */
  public String[] words() {
    return new String[] {
      socket.toString(),
      job.toString(),
      barrier.toString(),
      transport,
      algorithm,
      Boolean.toString(knownRouting)
    };
  }
}
