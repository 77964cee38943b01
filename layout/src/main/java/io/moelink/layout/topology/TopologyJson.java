package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Topologies as JSON files.
 *
 * <pre>{@code
 * {
 *   "name": "two pairs",
 *   "local_copy_gigabytes_per_second": 200,
 *   "memory_gigabytes_per_second": 1200,
 *   "ranks": [
 *     {"rank": 0, "node": 0, "domain": 0, "vnode": 0, "card": 0, "die": 0, "mates": [2]},
 *     {"rank": 1, "node": 0, "domain": 0, "vnode": 0, "card": 1, "die": 0, "mates": [3]},
 *     {"rank": 2, "node": 1, "domain": 1, "vnode": 1, "card": 2, "die": 0, "mates": [0]},
 *     {"rank": 3, "node": 1, "domain": 1, "vnode": 1, "card": 3, "die": 0, "mates": [1]}
 *   ],
 *   "links": [
 *     {"from": 0, "to": 1, "kind": "P2P", "gigabytes_per_second": 20, "microseconds": 2},
 *     {"among": [2, 3], "kind": "P2P", "gigabytes_per_second": 20, "microseconds": 2},
 *     {"from": 0, "to": 2, "kind": "RDMA", "gigabytes_per_second": 13, "microseconds": 5},
 *     {"from": 1, "to": 3, "kind": "RDMA", "gigabytes_per_second": 13, "microseconds": 5,
 *      "one_way": true},
 *     {"from": 3, "to": 1, "kind": "RDMA", "gigabytes_per_second": 12, "microseconds": 5,
 *      "one_way": true}
 *   ]
 * }
 * }</pre>
 *
 * <p>Two more rates may be given beside the first two: {@code reduce_gigabytes_per_second}, at
 * which a rank sums rows, and {@code node_copy_gigabytes_per_second}, at which all ranks of a node
 * copy together ({@link MemoryRates}).
 *
 * <p>May be left out: {@code name} (the file's name), the first two memory rates (a card of the
 * reference fabric), the reduce rate (that of copies), the node's rate (no bound), {@code domain}
 * (the node), {@code die} (0), {@code mates} (none), {@code one_way} (false). A link entry holds
 * for both directions unless it is {@code one_way}; {@code among} links every pair of its ranks.
 */
public final class TopologyJson {
  /** The largest file that is read or written. */
  public static final int BYTES_MAX = 64 << 20;

  private TopologyJson() {}

  /**
   * Reads a file.
   *
   * @throws InvalidInputException when the file cannot be read or is not a topology; one line that
   *     names the file, the line, the field and the rule
   */
  public static Topology read(Path file) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(BYTES_MAX + 1);
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(file + ": found no such file, expected a topology file", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          "%s: cannot be read (%s), expected a topology file"
              .formatted(file, Files.isDirectory(file) ? "a folder" : e.getMessage()),
          e);
    }
    if (bytes.length > BYTES_MAX) {
      throw new InvalidInputException(
          "%s: found more than %d bytes, expected at most that (64 MiB)"
              .formatted(file, BYTES_MAX));
    }
    Path last = file.getFileName();
    return parse(bytes, file.toString(), last.toString().replaceFirst("\\.json$", ""));
  }

  /**
   * Reads a text.
   *
   * @param source stands for the file's name in messages, and is the name of a topology without one
   * @throws InvalidInputException when it is not a topology
   */
  public static Topology parse(String text, String source) {
    return parse(text.getBytes(StandardCharsets.UTF_8), source, source);
  }

  private static Topology parse(byte[] bytes, String source, String defaultName) {
    try (JsonCursor cursor = new JsonCursor(bytes, source)) {
      return new TopologyReader(cursor, defaultName).read();
    }
  }

  /**
   * The text of a file from which {@link #read} makes an equal topology, a line for every rank and
   * link.
   *
   * @throws InvalidInputException when the file would be larger than {@link #BYTES_MAX}
   */
  public static String write(Topology topology) {
    return new TopologyWriter(topology).write();
  }
}
