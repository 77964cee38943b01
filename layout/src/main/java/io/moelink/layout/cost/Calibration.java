package io.moelink.layout.cost;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.MemoryRates;
import io.moelink.layout.topology.Topology;
import io.moelink.layout.topology.TopologyJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Turns measured transfers into link figures, and a topology with them into a file. */
public final class Calibration {
  private Calibration() {}

  /**
   * The figures of the link that fit measured transfers best: seconds = latency + bytes / rate, by
   * least squares of the relative error, so that short transfers count as much as long ones.
   *
   * @param bytes of each transfer, two different sizes at least
   * @param seconds that each took, above 0
   * @throws InvalidInputException when no link fits: longer transfers took no more time
   */
  public static Link fit(LinkKind kind, long[] bytes, double[] seconds) {
    if (bytes.length != seconds.length) {
      throw new IllegalArgumentException(
          "bytes=%d seconds=%d".formatted(bytes.length, seconds.length));
    }
    double w = 0;
    double wx = 0;
    double wxx = 0;
    double wy = 0;
    double wxy = 0;
    for (int i = 0; i < bytes.length; i++) {
      double weight = 1 / (seconds[i] * seconds[i]);
      w += weight;
      wx += weight * bytes[i];
      wxx += weight * bytes[i] * bytes[i];
      wy += weight * seconds[i];
      wxy += weight * bytes[i] * seconds[i];
    }
    double slope = (w * wxy - wx * wy) / (w * wxx - wx * wx);
    double latency = (wy - slope * wx) / w;
    if (latency < 0) {
      // a link has no negative latency: the best line through the origin
      latency = 0;
      slope = wxy / wxx;
    }
    if (!(slope > 0) || Double.isInfinite(slope)) {
      throw new InvalidInputException(
          "calibration of %s: found no rate in %d transfers, expected longer ones to take longer"
              .formatted(kind, bytes.length));
    }
    return new Link(kind, 1 / slope / 1e9, latency * 1e6);
  }

  /** Writes a topology with measured figures instead of its own, readable as a topology file. */
  public static void write(
      Path file, Topology topology, Map<LinkKind, Link> measured, MemoryRates memory)
      throws IOException {
    Files.writeString(file, TopologyJson.write(topology.withLinks(measured).withMemory(memory)));
  }
}
