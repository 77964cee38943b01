package io.moelink.cli.exchange;

import io.moelink.bootstrap.Bootstrap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one rank found. Times are {@link System#nanoTime} of one host, so that ranks compare.
 *
 * @param dispatchNanos start and end of each dispatch, {@code [iterations][2]}
 * @param combineNanos start and end of each combine, {@code [iterations][2]}
 * @param uniqueRows tokens that this rank received, each once
 * @param expertRows rows of this rank's experts
 * @param dispatchBytesByLink bytes of one dispatch by kind of link
 * @param combineBytesByLink bytes of one combine by kind of link
 * @param choice how the rows of the last round travelled
 * @param difference the first difference from the reference, "" for none, null when not verified
 */
record RankReport(
    long[][] dispatchNanos,
    long[][] combineNanos,
    long uniqueRows,
    long expertRows,
    Map<String, Long> dispatchBytesByLink,
    Map<String, Long> combineBytesByLink,
    Choice choice,
    String difference) {

  /**
   * How the rows travelled.
   *
   * @param algorithm that ran
   * @param staging policy
   * @param chunkRows of a put
   * @param why in one line
   */
  record Choice(String algorithm, String staging, int chunkRows, String why) {
    static Choice of(io.moelink.Choice choice) {
      return new Choice(
          choice.algorithm(), choice.staging().name(), choice.chunkRows(), choice.why());
    }
  }

  /** Gives every rank the reports of all, by rank. */
  static List<RankReport> gather(RankReport own, Bootstrap bootstrap, Duration timeout) {
    JsonMapper mapper = JsonMapper.shared();
    List<RankReport> all = new ArrayList<>();
    for (byte[] report : bootstrap.allGather(mapper.writeValueAsBytes(own), timeout)) {
      all.add(mapper.readValue(report, RankReport.class));
    }
    return all;
  }
}
