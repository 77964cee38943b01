package io.moelink.bench.compare;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler;

/** Bars of all contestants, as multiples of the roofline's time: 1 is the limit. */
final class RatioPlot {
  private static final int BAR_WIDTH = 26;
  private static final int WIDTH_MIN = 900;
  private static final int HEIGHT = 520;

  private RatioPlot() {}

  /** What one group of bars shows: a case, a state, and dispatch or combine. */
  private record Group(String label, boolean dispatch, List<Figure> figures) {
    double bar(String contestant) {
      for (Figure figure : figures) {
        Figure.Ratio ratio = figure.over().get(Roofline.NAME);
        if (figure.contestant().equals(contestant) && ratio != null) {
          return dispatch ? ratio.dispatch() : ratio.combine();
        }
      }
      return 0;
    }
  }

  /** Writes the plot as SVG; without the roofline there is nothing to plot, and no file. */
  static boolean write(List<MatchResult> results, Path file) throws IOException {
    List<Group> groups = groups(results);
    Set<String> names = new LinkedHashSet<>();
    for (Group group : groups) {
      group.figures().stream()
          .filter(figure -> figure.over().containsKey(Roofline.NAME))
          .forEach(figure -> names.add(figure.contestant()));
    }
    if (names.isEmpty()) {
      return false;
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(Math.max(WIDTH_MIN, BAR_WIDTH * groups.size() * (names.size() + 1)))
            .height(HEIGHT)
            .title("Time over that of the roofline (medians within one state)")
            .yAxisTitle("times the roofline, logarithmic")
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(0.5);
    chart.getStyler().setAvailableSpaceFill(0.9);
    chart.getStyler().setXAxisLabelRotation(30);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    List<String> labels = groups.stream().map(Group::label).toList();
    for (String name : names) {
      chart.addSeries(name, labels, groups.stream().map(group -> group.bar(name)).toList());
    }
    String path = file.toString();
    // the encoder adds the ending by itself
    VectorGraphicsEncoder.saveVectorGraphic(
        chart, path.replaceFirst("\\.svg$", ""), VectorGraphicsFormat.SVG);
    return true;
  }

  private static List<Group> groups(List<MatchResult> results) {
    List<Group> groups = new ArrayList<>();
    for (MatchResult result : results) {
      for (HostState state : HostState.values()) {
        List<Figure> figures = Figures.of(result, state);
        if (figures.stream().anyMatch(figure -> figure.over().containsKey(Roofline.NAME))) {
          String label = result.name() + " " + state;
          groups.add(new Group(label + " dispatch", true, figures));
          groups.add(new Group(label + " combine", false, figures));
        }
      }
    }
    return groups;
  }
}
