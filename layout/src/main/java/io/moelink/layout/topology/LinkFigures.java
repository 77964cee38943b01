package io.moelink.layout.topology;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The figures that presets start from, read once from the resource {@code links.json}, which says
 * where each comes from. The resource is ours, so a mistake in it is a programming error.
 */
final class LinkFigures {
  /** Rates of a rank's own memory, 10^9 bytes a second. */
  record Memory(double localCopyGigabytesPerSecond, double memoryGigabytesPerSecond) {}

  private static final String RESOURCE = "links.json";

  private final String fabric;
  private final Memory card;
  private final Memory die;
  private final Map<LinkKind, Link> links = new EnumMap<>(LinkKind.class);

  private static final class Holder {
    static final Map<String, LinkFigures> FABRICS = read();
  }

  private LinkFigures(String fabric, JsonNode node) {
    this.fabric = fabric;
    this.card = memory(node.path("card"));
    this.die = memory(node.path("die"));
    for (Map.Entry<String, JsonNode> link : node.required("links").properties()) {
      LinkKind kind = LinkKind.valueOf(link.getKey());
      links.put(
          kind,
          new Link(
              kind,
              link.getValue().required("gigabytes_per_second").asDouble(),
              link.getValue().required("microseconds").asDouble()));
    }
  }

  private static Memory memory(JsonNode node) {
    return node.isMissingNode()
        ? null
        : new Memory(
            node.required("local_copy_gigabytes_per_second").asDouble(),
            node.required("memory_gigabytes_per_second").asDouble());
  }

  private static Map<String, LinkFigures> read() {
    try (InputStream in = LinkFigures.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("resource " + RESOURCE + " is missing");
      }
      Map<String, LinkFigures> fabrics = new TreeMap<>();
      JsonNode root = JsonMapper.shared().readTree(in);
      for (Map.Entry<String, JsonNode> fabric : root.required("fabrics").properties()) {
        fabrics.put(fabric.getKey(), new LinkFigures(fabric.getKey(), fabric.getValue()));
      }
      return fabrics;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static LinkFigures fabric(String name) {
    LinkFigures figures = Holder.FABRICS.get(name);
    if (figures == null) {
      throw new IllegalStateException("resource " + RESOURCE + ": no fabric " + name);
    }
    return figures;
  }

  Link link(LinkKind kind) {
    Link link = links.get(kind);
    if (link == null) {
      throw new IllegalStateException("resource " + RESOURCE + ": no " + kind + " of " + fabric);
    }
    return link;
  }

  /** Rates of a rank that is a whole card. */
  Memory card() {
    return card;
  }

  /** Rates of a rank that is one die of a card. */
  Memory die() {
    return die;
  }
}
