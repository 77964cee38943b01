package io.moelink;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.InvalidInputException;
import java.nio.charset.StandardCharsets;

/** Ranks compare their configs when they open a group. */
final class ConfigAgreement {
  private ConfigAgreement() {}

  static void check(ExpertGroupConfig config, Bootstrap bootstrap) {
    String own = config.toString();
    byte[][] all = bootstrap.allGather(own.getBytes(StandardCharsets.UTF_8), config.timeout());
    String first = new String(all[0], StandardCharsets.UTF_8);
    for (int rank = 1; rank < all.length; rank++) {
      String other = new String(all[rank], StandardCharsets.UTF_8);
      if (!other.equals(first)) {
        throw new InvalidInputException(
            "config of rank " + rank + ": found " + other + ", expected as rank 0: " + first);
      }
    }
  }
}
