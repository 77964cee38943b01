package io.moelink.bench.compare;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;

/** Prints figures as a table for people. */
final class FigureTable {
  private FigureTable() {}

  static void print(MatchResult result, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s: %d ranks, %,d tokens, top-%d of %d experts, hidden %d BF16; %,d rounds dropped, since"
            + " the host changed its state%n",
        result.name(),
        result.job().ranks(),
        result.job().tokens(),
        result.job().topK(),
        result.job().experts(),
        result.job().hidden(),
        result.dropped());
    for (HostState state : HostState.values()) {
      List<Figure> figures = Figures.of(result, state);
      if (!figures.isEmpty()) {
        out.printf(
            Locale.ROOT,
            "  %-15s %28s %28s   %-15s %s%n",
            state,
            "dispatch ms (quartiles)",
            "combine ms (quartiles)",
            "of roofline",
            "time over that of moelink");
        figures.forEach(figure -> print(figure, out));
      }
    }
  }

  private static void print(Figure figure, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "  %-15s %28s %28s   %-15s %s%n",
        figure.contestant(),
        text(figure.dispatchMs()),
        text(figure.combineMs()),
        share(figure.over()),
        overMoelink(figure.over()));
  }

  private static String text(Spread spread) {
    return String.format(
        Locale.ROOT,
        "%.3f (%.3f-%.3f) n=%d",
        spread.median(),
        spread.low(),
        spread.high(),
        spread.count());
  }

  /** How much of the limit is reached: its time over the contestant's. */
  private static String share(SortedMap<String, Figure.Ratio> over) {
    Figure.Ratio ratio = over.get(Roofline.NAME);
    return ratio == null
        ? "-"
        : String.format(Locale.ROOT, "%.3f / %.3f", 1 / ratio.dispatch(), 1 / ratio.combine());
  }

  private static String overMoelink(SortedMap<String, Figure.Ratio> over) {
    StringBuilder text = new StringBuilder();
    over.forEach(
        (name, ratio) -> {
          if (Moelink.isName(name)) {
            text.append(
                String.format(
                    Locale.ROOT, "%s %.2f / %.2f  ", name, ratio.dispatch(), ratio.combine()));
          }
        });
    return text.toString().strip();
  }
}
