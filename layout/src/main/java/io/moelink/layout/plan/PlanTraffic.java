package io.moelink.layout.plan;

import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.topology.LinkKind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a plan moves for a given routing. A transfer between ranks without a link of their own is
 * counted on every link of the way between them.
 *
 * @param rowsByLink rows that crossed links of a kind; LOCAL: rows read in a rank's own memory
 * @param partialsByLink of {@code rowsByLink}, the rows that are partial sums: their element type,
 *     and so their size, can be another
 * @param rowsRead rows read by all steps
 * @param rowsWritten rows written by all steps; a row with two local experts is written twice
 */
public record PlanTraffic(
    Map<LinkKind, Long> rowsByLink,
    Map<LinkKind, Long> partialsByLink,
    long rowsRead,
    long rowsWritten) {

  /** The rows that each rank's steps move, summed over ranks {@code first} to {@code last - 1}. */
  public static PlanTraffic of(
      Plan plan, GatheredRouting routing, OutputShape shape, int first, int last) {
    RowBinder binder = new RowBinder(routing, shape);
    Map<LinkKind, Long> byLink = new EnumMap<>(LinkKind.class);
    Map<LinkKind, Long> partials = new EnumMap<>(LinkKind.class);
    long read = 0;
    long written = 0;
    for (int rank = first; rank < last; rank++) {
      List<Step> steps = plan.steps(rank);
      LinkRows rows = new LinkRows(Crossings.of(routing.topology(), steps));
      rows.count(binder);
      for (LinkKind kind : LinkKind.values()) {
        if (rows.occurs(kind)) {
          byLink.merge(kind, rows.rows(kind), Long::sum);
        }
        if (rows.partials(kind) > 0) {
          partials.merge(kind, rows.partials(kind), Long::sum);
        }
      }
      for (Step step : steps) {
        for (int i = 0; i < step.reads().size(); i++) {
          read += binder.rowsRead(step, i);
        }
        written += binder.rowsWritten(step);
      }
    }
    return new PlanTraffic(byLink, partials, read, written);
  }

  /** The rows that all ranks' steps move. */
  public static PlanTraffic of(Plan plan, GatheredRouting routing, OutputShape shape) {
    return of(plan, routing, shape, 0, plan.rankCount());
  }
}
