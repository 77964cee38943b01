package io.moelink;

import io.moelink.layout.topology.LinkKind;
import java.util.Map;

/**
 * What one rank's group has done since it was opened.
 *
 * @param bytesByLink bytes that crossed links of each kind in this rank's steps; a transfer between
 *     ranks without a link of their own counts on every link of the way; LOCAL: own memory
 * @param nanosByStep time in kernels and transfers, by kind of step
 * @param waitedNanosByRank time in which no step was ready, by the rank that was waited for
 */
public record GroupStats(
    Map<LinkKind, Long> bytesByLink, Map<String, Long> nanosByStep, long[] waitedNanosByRank) {}
