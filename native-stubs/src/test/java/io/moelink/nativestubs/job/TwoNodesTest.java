package io.moelink.nativestubs.job;

import io.moelink.nativestubs.UcxTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two nodes that are namespaces of this host, joined by one link. Skipped where there is no root or
 * no {@code ip}, unless {@code MOELINK_NODES=required}.
 */
@UcxTest
@Timeout(180)
class TwoNodesTest {
  @BeforeAll
  static void canMakeNodes() {
    boolean hasIp =
        Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "ip")));
    boolean isRoot = "root".equals(System.getProperty("user.name"));
    Assumptions.assumeTrue(
        hasIp && isRoot || "required".equals(System.getenv("MOELINK_NODES")),
        "two nodes need root, and ip: apt-get install -y iproute2");
  }

  @Test
  void containersOfOneHost() throws Exception {
    AcrossNodes.work();
  }

  @Test
  void nodesThatSeeEachOthersProcesses() throws Exception {
    AcrossNodes.work("--plain");
  }

  @Test
  void aLinkThatDelaysAndLosesFrames() throws Exception {
    AcrossNodes.work("--delay", "5", "--loss", "1", "--mtu", "1500");
  }

  @Test
  void aRankOfTheOtherNodeIsKilled() throws Exception {
    System.out.println(AcrossNodes.run(false, 1, System.nanoTime()));
  }

  @Test
  void theLinkGoesDown() throws Exception {
    System.out.println(AcrossNodes.run(true, 1, System.nanoTime()));
  }
}
