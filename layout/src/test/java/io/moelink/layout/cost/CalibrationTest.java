package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.MemoryRates;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.TopologyJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrationTest {
  @TempDir Path folder;

  @Test
  void findsLatencyAndRate() {
    long[] bytes = {1 << 10, 1 << 16, 1 << 20, 1 << 26};
    double[] seconds = new double[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      seconds[i] = 3e-6 + bytes[i] / 8e9;
    }

    Link link = Calibration.fit(LinkKind.SHARED, bytes, seconds);

    assertThat(link.gigabytesPerSecond()).isCloseTo(8, within(1e-6));
    assertThat(link.microseconds()).isCloseTo(3, within(1e-6));
  }

  @Test
  void latencyIsNeverNegative() {
    Link link =
        Calibration.fit(LinkKind.SHARED, new long[] {1000, 2000}, new double[] {0.9e-6, 2.1e-6});

    assertThat(link.microseconds()).isZero();
    assertThat(link.gigabytesPerSecond()).isBetween(0.95, 1.12);
  }

  @Test
  void refusesTransfersThatFitNoLink() {
    assertThatThrownBy(
            () -> Calibration.fit(LinkKind.RDMA, new long[] {5, 5}, new double[] {1e-6, 1e-6}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "calibration of RDMA: found no rate in 2 transfers, expected longer ones to take"
                + " longer");
  }

  @Test
  void writesATopologyThatCanBeReadBack() throws IOException {
    Path file = folder.resolve("measured.json");
    Link measured = new Link(LinkKind.SHARED, 7.25, 0.5);

    MemoryRates rates = new MemoryRates(13, 26, 6, 15);

    Calibration.write(file, Topologies.named("flat-2"), Map.of(LinkKind.SHARED, measured), rates);

    assertThat(TopologyJson.read(file).link(0, 1)).isEqualTo(measured);
    assertThat(TopologyJson.read(file).memoryRates()).isEqualTo(rates);
  }
}
