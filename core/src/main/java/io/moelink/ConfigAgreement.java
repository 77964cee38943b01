package io.moelink;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.InvalidInputException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Ranks compare their configs when they open a group. */
final class ConfigAgreement {
  private ConfigAgreement() {}

  static void check(ExpertGroupConfig config, Bootstrap bootstrap) {
    byte[] own = write(config.agreedValues());
    byte[][] all = bootstrap.allGather(own, config.timeout());
    String[] first = read(all[0]);
    for (int rank = 1; rank < all.length; rank++) {
      String[] other = read(all[rank]);
      for (int i = 0; i < Math.max(first.length, other.length); i++) {
        if (i >= first.length || i >= other.length || !first[i].equals(other[i])) {
          throw new InvalidInputException(
              "config of rank "
                  + rank
                  + ": found "
                  + (i < other.length ? other[i] : "nothing")
                  + ", expected as rank 0 "
                  + (i < first.length ? first[i] : "nothing"));
        }
      }
    }
  }

  private static byte[] write(Map<String, String> values) {
    StringBuilder lines = new StringBuilder();
    values.forEach(
        (name, value) ->
            lines.append(name).append(' ').append(value.replace('\n', ' ')).append('\n'));
    return lines.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String[] read(byte[] lines) {
    return new String(lines, StandardCharsets.UTF_8).split("\n");
  }
}
