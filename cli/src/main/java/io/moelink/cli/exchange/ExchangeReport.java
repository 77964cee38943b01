package io.moelink.cli.exchange;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/** What all ranks of an exchange found, as text or as one JSON object. */
final class ExchangeReport {
  private final ExchangeJob job;
  private final List<RankReport> ranks;

  ExchangeReport(ExchangeJob job, List<RankReport> ranks) {
    this.job = job;
    this.ranks = ranks;
  }

  /** Whether all ranks' rows and sums were as expected; null when nobody looked. */
  Boolean verified() {
    return job.verify() ? firstDifference().isEmpty() : null;
  }

  /** The first difference that a rank found, or "". */
  String firstDifference() {
    return ranks.stream()
        .map(RankReport::difference)
        .filter(difference -> difference != null && !difference.isEmpty())
        .findFirst()
        .orElse("");
  }

  void printJson(PrintWriter out) {
    RankReport.Choice choice = ranks.getFirst().choice();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topology", job.config().topology().name());
    json.put("ranks", ranks.size());
    json.put("algorithm", choice.algorithm());
    json.put("transport", job.provider().name());
    json.put("dispatch_ms", milliseconds(RankReport::dispatchNanos));
    json.put("combine_ms", milliseconds(RankReport::combineNanos));
    json.put("unique_rows", uniqueRows());
    json.put("expert_rows", expertRows());
    Map<String, Long> both = sum(RankReport::dispatchBytesByLink);
    sum(RankReport::combineBytesByLink)
        .forEach((kind, bytes) -> both.merge(kind, bytes, Long::sum));
    json.put("bytes_by_link", both);
    json.put("dispatch_bytes_by_link", sum(RankReport::dispatchBytesByLink));
    json.put("combine_bytes_by_link", sum(RankReport::combineBytesByLink));
    json.put("dispatch_gbps", gigabytesPerSecond(RankReport::dispatchNanos));
    json.put("combine_gbps", gigabytesPerSecond(RankReport::combineNanos));
    json.put("verified", verified());
    json.put("asked", job.config().algorithmName());
    json.put("staging", choice.staging());
    json.put("chunk_rows", choice.chunkRows());
    json.put("why", choice.why());
    out.println(JsonMapper.shared().writeValueAsString(json));
  }

  void printText(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s on %s, %d ranks, %s%n",
        ranks.getFirst().choice().algorithm(),
        job.config().topology().name(),
        ranks.size(),
        job.provider().name());
    out.printf(
        Locale.ROOT,
        "%,d rows to ranks, each once; %,d rows to experts; %,d bytes a row%n",
        uniqueRows(),
        expertRows(),
        job.config().payloadBytes()[0]);
    if (job.config().algorithms().size() > 1) {
      out.println("chosen   " + ranks.getFirst().choice().why());
    }
    printTimes(out, "dispatch", RankReport::dispatchNanos);
    printTimes(out, "combine", RankReport::combineNanos);
    printBytes(out, "dispatch", sum(RankReport::dispatchBytesByLink));
    printBytes(out, "combine", sum(RankReport::combineBytesByLink));
    if (job.verify()) {
      String difference = firstDifference();
      out.println(
          difference.isEmpty()
              ? "verified: every row and every sum, bit for bit"
              : "NOT verified: " + difference);
    }
  }

  private void printTimes(PrintWriter out, String what, Function<RankReport, long[][]> nanos) {
    Map<String, Double> ms = milliseconds(nanos);
    out.printf(
        Locale.ROOT,
        "%-8s %.3f ms (min %.3f, max %.3f, of %d), %.2f GB/s%n",
        what,
        ms.get("median"),
        ms.get("min"),
        ms.get("max"),
        job.iterations(),
        gigabytesPerSecond(nanos));
  }

  private static void printBytes(PrintWriter out, String what, Map<String, Long> bytes) {
    bytes.forEach(
        (kind, count) -> out.printf(Locale.ROOT, "%-8s %-6s %,d bytes%n", what, kind, count));
  }

  private long uniqueRows() {
    return ranks.stream().mapToLong(RankReport::uniqueRows).sum();
  }

  private long expertRows() {
    return ranks.stream().mapToLong(RankReport::expertRows).sum();
  }

  private Map<String, Long> sum(Function<RankReport, Map<String, Long>> bytes) {
    Map<String, Long> sum = new TreeMap<>();
    for (RankReport rank : ranks) {
      bytes.apply(rank).forEach((kind, count) -> sum.merge(kind, count, Long::sum));
    }
    return sum;
  }

  private Map<String, Double> milliseconds(Function<RankReport, long[][]> nanos) {
    double[] all = spans(nanos);
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("min", all[0]);
    result.put("median", median(all));
    result.put("max", all[all.length - 1]);
    return result;
  }

  private static double median(double[] sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** Milliseconds from the first rank's start to the last rank's end, ascending. */
  private double[] spans(Function<RankReport, long[][]> nanos) {
    double[] spans = new double[job.iterations()];
    for (int i = 0; i < spans.length; i++) {
      long origin = nanos.apply(ranks.getFirst())[i][0];
      long start = 0;
      long end = Long.MIN_VALUE;
      for (RankReport rank : ranks) {
        start = Math.min(start, nanos.apply(rank)[i][0] - origin);
        end = Math.max(end, nanos.apply(rank)[i][1] - origin);
      }
      spans[i] = (end - start) / 1e6;
    }
    Arrays.sort(spans);
    return spans;
  }

  /** Bytes of the rows that ranks received, each once, over the median time. */
  private double gigabytesPerSecond(Function<RankReport, long[][]> nanos) {
    double bytes = (double) uniqueRows() * job.config().payloadBytes()[0];
    return bytes / (median(spans(nanos)) * 1e6);
  }
}
