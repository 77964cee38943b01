package io.moelink.cli.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.topology.DrawingLayout.Box;
import io.moelink.cli.topology.DrawingLayout.Row;
import io.moelink.cli.topology.DrawingLayout.Segment;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class TopologyDrawingTest {
  private static List<Element> elements(String svg, String name) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    NodeList nodes = document.getElementsByTagName(name);
    return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "flat-1",
        "flat-2",
        "flat-64",
        "flat-100",
        "ubbv2-1node",
        "ubbv2-1node-die",
        "ubbv2-2node",
        "ubbv2-2node+port10",
        "ubbv2-2node-die+port10",
        "ubbv2-3node+port10",
        "ubbv2-4node-die",
        "ubbv2-64node-die",
        "ocs-1node-die",
        "pcie-8gpu",
        "nvlink-2x8",
        "nvlink-8x8"
      })
  void boxesNestAndEveryLinkHasOnePlace(String name) throws Exception {
    Topology topology = Topologies.named(name);
    DrawingLayout layout = new DrawingLayout(topology);
    List<Box> placed = new ArrayList<>();
    for (Row row : layout.rows) {
      for (Segment segment : row.segments) {
        assertThat(inside(segment.box, layout.nodes.get(row.node))).isTrue();
        for (int rank : segment.ranks) {
          Box box = layout.ranks.get(rank);
          assertThat(inside(box, segment.box)).as("rank %d", rank).isTrue();
          assertThat(placed).noneMatch(other -> overlap(other, box));
          placed.add(box);
        }
      }
    }
    assertThat(placed).hasSize(Math.min(64, topology.rankCount()));
    List<Box> nodes = new ArrayList<>(layout.nodes.values());
    for (int i = 1; i < nodes.size(); i++) {
      assertThat(overlap(nodes.get(i - 1), nodes.get(i))).isFalse();
    }
    assertThat(pairsWithAPlace(layout)).isEqualTo(pairsWithALink(layout));
    textsLieOnThePage(TopologyDrawing.draw(topology));
  }

  private static int pairsWithALink(DrawingLayout layout) {
    int pairs = 0;
    for (int low : layout.ranksInOrder()) {
      for (int high : layout.ranksInOrder()) {
        pairs += low < high && layout.topology.link(low, high) != null ? 1 : 0;
      }
    }
    return pairs;
  }

  private static int pairsWithAPlace(DrawingLayout layout) {
    int pairs = layout.arcs.size() + layout.crossings.size();
    for (Row row : layout.rows) {
      pairs += row.brackets.size();
    }
    for (Set<List<Integer>> rails : layout.rails.values()) {
      pairs += rails.stream().mapToInt(rail -> rail.size() * (rail.size() - 1) / 2).sum();
    }
    pairs += layout.hidden.values().stream().mapToInt(Integer::intValue).sum();
    for (int low : layout.ranksInOrder()) {
      for (int high : layout.ranksInOrder()) {
        int vnode = layout.topology.vnodeOf(low);
        boolean bar =
            low < high
                && vnode == layout.topology.vnodeOf(high)
                && layout.topology.link(low, high).equals(layout.bars.get(vnode));
        pairs += bar ? 1 : 0;
      }
    }
    return pairs;
  }

  private static boolean inside(Box inner, Box outer) {
    return inner.x() >= outer.x()
        && inner.y() >= outer.y()
        && inner.right() <= outer.right()
        && inner.bottom() <= outer.bottom();
  }

  private static boolean overlap(Box a, Box b) {
    return a.x() < b.right() && b.x() < a.right() && a.y() < b.bottom() && b.y() < a.bottom();
  }

  /** By a width that letters of the font have on average. */
  private static void textsLieOnThePage(String svg) throws Exception {
    Element page = elements(svg, "rect").get(0);
    double width = Double.parseDouble(page.getAttribute("width"));
    double height = Double.parseDouble(page.getAttribute("height"));
    for (Element text : elements(svg, "text")) {
      if (text.getAttribute("x").isEmpty()) {
        continue;
      }
      double size = Double.parseDouble(text.getAttribute("font-size"));
      double length = 0.6 * size * text.getTextContent().length();
      double start = Double.parseDouble(text.getAttribute("x"));
      start -= text.getAttribute("text-anchor").equals("middle") ? length / 2 : 0;
      assertThat(start).isPositive();
      assertThat(start + length).as(text.getTextContent()).isLessThan(width);
      assertThat(Double.parseDouble(text.getAttribute("y"))).isLessThan(height - 4);
    }
  }

  @Test
  void legendNamesEveryKindInItsColour() throws Exception {
    String svg = TopologyDrawing.draw(Topologies.named("ubbv2-2node-die+port10"));
    List<String> texts = elements(svg, "text").stream().map(Element::getTextContent).toList();
    assertThat(texts)
        .contains("ubbv2-2node-die+port10", "node 0", "node 1", "VNode 3", "card 15", "31", "die 1")
        .contains("D2D", "P2P", "BLink", "Port-10", "RDMA")
        .contains("13 GB/s for all of a card's links together, 5 us, 32 links")
        .contains("Relay chain of rank 0 to VNode 3: 0 -> 24 -> its peers 25-31");
    List<String> colors =
        elements(svg, "path").stream().map(path -> path.getAttribute("stroke")).toList();
    for (LinkKind kind : Topologies.named("ubbv2-2node-die+port10").linkKinds()) {
      assertThat(colors).contains(LinkStyle.of(kind).color());
    }
    assertThat(elements(svg, "title").get(0).getTextContent())
        .isEqualTo("moelink topology ubbv2-2node-die+port10");
  }

  @Test
  void whatIsNotDrawnIsSaid() throws Exception {
    assertThat(texts("ubbv2-64node-die"))
        .contains("Only the first 64 of 1024 ranks are drawn (4 of 64 nodes).");
    assertThat(texts("ubbv2-3node+port10"))
        .contains(
            "Port-10: 16 more pairs of drawn ranks have this link; only those of the first two rows"
                + " are drawn.");
  }

  private static List<String> texts(String name) throws Exception {
    return elements(TopologyDrawing.draw(Topologies.named(name)), "text").stream()
        .map(Element::getTextContent)
        .toList();
  }
}
