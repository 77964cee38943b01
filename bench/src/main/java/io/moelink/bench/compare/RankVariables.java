package io.moelink.bench.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** What ranks that are processes of this host find in their environment. */
final class RankVariables {
  private static final int PORT_MIN = 10_240;

  /** Below those that Linux deals out to whoever connects. */
  private static final int PORT_END = 32_768;

  private static final int TRIES = 100;
  private static final int SECRET_BYTES = 32;

  private RankVariables() {}

  /** The variables by rank; all ranks meet at rank 0, on the loopback interface. */
  static List<Map<String, String>> of(int ranks) {
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    String secret = HexFormat.of().formatHex(random);
    String port = Integer.toString(freePort());
    List<Map<String, String>> all = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      all.add(
          Map.of(
              "RANK", Integer.toString(rank),
              "LOCAL_RANK", Integer.toString(rank),
              "WORLD_SIZE", Integer.toString(ranks),
              "LOCAL_WORLD_SIZE", Integer.toString(ranks),
              "MASTER_ADDR", "127.0.0.1",
              "MASTER_PORT", port,
              "MOELINK_SECRET", secret));
    }
    return all;
  }

  private static int freePort() {
    SecureRandom random = new SecureRandom();
    for (int i = 1; ; i++) {
      int port = random.nextInt(PORT_MIN, PORT_END);
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return port;
      } catch (IOException taken) {
        if (i == TRIES) {
          throw new UncheckedIOException("no free port found", taken);
        }
      }
    }
  }
}
