package io.moelink.cli.demo;

import io.moelink.ExpertGroupConfig;
import io.moelink.GroupStats;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/** What the demo found, for people or as JSON. */
final class DemoReport {
  private final ExpertGroupConfig config;
  private final TextTokens text;
  private final List<DemoRank.Found> ranks;

  DemoReport(ExpertGroupConfig config, TextTokens text, List<DemoRank.Found> ranks) {
    this.config = config;
    this.text = text;
    this.ranks = ranks;
  }

  /** Whether every row is that of the layer without a group, bit for bit. */
  boolean equal() {
    return differing() == 0;
  }

  void printText(PrintWriter out) {
    Topology topology = config.topology();
    print(
        out,
        "%,d words of %,d files through a layer of %d experts, top-%d, hidden %d, BF16",
        text.words().size(),
        text.files(),
        config.placement().experts(),
        config.topK(),
        config.hidden());
    print(
        out,
        "fabric %s: %d ranks in %d nodes; %s over %s",
        topology.name(),
        topology.rankCount(),
        topology.nodeCount(),
        ranks.getFirst().choice().algorithm(),
        ranks.getFirst().transport());
    if (config.algorithms().size() > 1) {
      print(out, "chosen    %s", ranks.getFirst().choice().why());
    }
    print(out, "");
    print(
        out,
        "dispatch  %,d rows to ranks, each once, %,d rows to experts: %.2f ms, %.2f GB/s",
        uniqueRows(),
        expertRows(),
        milliseconds(DemoRank.Found::dispatchNanos),
        gigabytesPerSecond(DemoRank.Found::dispatchNanos));
    printLinks(out, DemoRank.Found::dispatch);
    print(
        out,
        "combine   back to %,d tokens: %.2f ms, %.2f GB/s",
        text.words().size(),
        milliseconds(DemoRank.Found::combineNanos),
        gigabytesPerSecond(DemoRank.Found::combineNanos));
    printLinks(out, DemoRank.Found::combine);
    int[] experts = rowsPerExpert();
    print(
        out,
        "skew      busiest rank %.2f x the mean, busiest expert %.2f x; %d experts without a row",
        skew(rowsPerRank()),
        skew(experts),
        Arrays.stream(experts).filter(rows -> rows == 0).count());
    print(
        out,
        equal()
            ? "check     all %,d rows equal the layer without a group, bit for bit; within %.2f %%"
                + " of float64"
            : "check     FAILED: %3$d of %1$,d rows differ from the layer without a group",
        text.words().size(),
        100 * maxError(),
        differing());
  }

  void printJson(PrintWriter out) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topology", config.topology().name());
    json.put("ranks", ranks.size());
    json.put("algorithm", ranks.getFirst().choice().algorithm());
    json.put("why", ranks.getFirst().choice().why());
    json.put("words", text.words().size());
    json.put("files", text.files());
    json.put("unique_rows", uniqueRows());
    json.put("expert_rows", expertRows());
    json.put("dispatch_ms", milliseconds(DemoRank.Found::dispatchNanos));
    json.put("combine_ms", milliseconds(DemoRank.Found::combineNanos));
    json.put("dispatch_gbps", gigabytesPerSecond(DemoRank.Found::dispatchNanos));
    json.put("combine_gbps", gigabytesPerSecond(DemoRank.Found::combineNanos));
    json.put("dispatch_bytes_by_link", names(bytes(DemoRank.Found::dispatch)));
    json.put("combine_bytes_by_link", names(bytes(DemoRank.Found::combine)));
    json.put("rank_skew", skew(rowsPerRank()));
    json.put("expert_skew", skew(rowsPerExpert()));
    json.put("max_relative_error", maxError());
    json.put("verified", equal());
    out.println(JsonMapper.shared().writeValueAsString(json));
  }

  private void printLinks(PrintWriter out, Function<DemoRank.Found, GroupStats> stats) {
    long rowBytes = config.payloadBytes()[0];
    bytes(stats)
        .forEach(
            (kind, bytes) ->
                print(
                    out,
                    "  %-8s %,12d rows %,15d bytes",
                    kind.name().toLowerCase(Locale.ROOT),
                    bytes / rowBytes,
                    bytes));
  }

  private static void print(PrintWriter out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  private Map<LinkKind, Long> bytes(Function<DemoRank.Found, GroupStats> stats) {
    Map<LinkKind, Long> sum = new EnumMap<>(LinkKind.class);
    for (DemoRank.Found rank : ranks) {
      stats.apply(rank).bytesByLink().forEach((kind, bytes) -> sum.merge(kind, bytes, Long::sum));
    }
    return sum;
  }

  private static Map<String, Long> names(Map<LinkKind, Long> bytes) {
    Map<String, Long> named = new TreeMap<>();
    bytes.forEach((kind, count) -> named.put(kind.name().toLowerCase(Locale.ROOT), count));
    return named;
  }

  private long uniqueRows() {
    return ranks.stream().mapToLong(DemoRank.Found::uniqueRows).sum();
  }

  private long expertRows() {
    return Arrays.stream(rowsPerExpert()).asLongStream().sum();
  }

  private int[] rowsPerExpert() {
    return ranks.stream().flatMapToInt(rank -> Arrays.stream(rank.rowsPerExpert())).toArray();
  }

  private int[] rowsPerRank() {
    return ranks.stream().mapToInt(rank -> Arrays.stream(rank.rowsPerExpert()).sum()).toArray();
  }

  private static double skew(int[] rows) {
    double mean = Arrays.stream(rows).average().orElse(0);
    return mean == 0 ? 0 : Arrays.stream(rows).max().orElse(0) / mean;
  }

  private int differing() {
    return ranks.stream().mapToInt(DemoRank.Found::differing).sum();
  }

  private double maxError() {
    return ranks.stream().mapToDouble(DemoRank.Found::maxError).max().orElse(0);
  }

  /** From the first rank's start to the last rank's end. */
  private double milliseconds(Function<DemoRank.Found, long[]> nanos) {
    long start = ranks.stream().mapToLong(rank -> nanos.apply(rank)[0]).min().orElse(0);
    long end = ranks.stream().mapToLong(rank -> nanos.apply(rank)[1]).max().orElse(0);
    return (end - start) / 1e6;
  }

  private double gigabytesPerSecond(Function<DemoRank.Found, long[]> nanos) {
    return uniqueRows() * (double) config.payloadBytes()[0] / (milliseconds(nanos) * 1e6);
  }
}
