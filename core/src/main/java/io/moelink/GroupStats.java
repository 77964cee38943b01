package io.moelink;

import io.moelink.layout.topology.LinkKind;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What one rank's group has done since it was opened.
 *
 * @param bytesByLink bytes that crossed links of each kind in this rank's steps; a transfer between
 *     ranks without a link of their own counts on every link of the way; LOCAL: own memory
 * @param nanosByStep time in kernels and transfers, by kind of step
 * @param waitedNanosByRank time in which no step was ready, by the rank that was waited for
 */
public record GroupStats(
    Map<LinkKind, Long> bytesByLink, Map<String, Long> nanosByStep, long[] waitedNanosByRank) {

  /** What was done since an earlier moment. */
  public GroupStats minus(GroupStats earlier) {
    long[] waited = waitedNanosByRank.clone();
    for (int rank = 0; rank < waited.length; rank++) {
      waited[rank] -= earlier.waitedNanosByRank[rank];
    }
    return new GroupStats(
        minus(bytesByLink, earlier.bytesByLink), minus(nanosByStep, earlier.nanosByStep), waited);
  }

  private static <K> Map<K, Long> minus(Map<K, Long> later, Map<K, Long> earlier) {
    return later.entrySet().stream()
        .collect(
            Collectors.toUnmodifiableMap(
                Map.Entry::getKey,
                entry -> entry.getValue() - earlier.getOrDefault(entry.getKey(), 0L)));
  }
}
