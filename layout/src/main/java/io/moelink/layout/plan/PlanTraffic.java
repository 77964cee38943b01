package io.moelink.layout.plan;

import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import java.util.EnumMap;
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
    Count count = new Count(routing, shape);
    for (int rank = first; rank < last; rank++) {
      for (Step step : plan.steps(rank)) {
        count.add(step);
      }
    }
    return new PlanTraffic(count.byLink, count.partials, count.read, count.written);
  }

  /** The rows that all ranks' steps move. */
  public static PlanTraffic of(Plan plan, GatheredRouting routing, OutputShape shape) {
    return of(plan, routing, shape, 0, plan.rankCount());
  }

  /**
   * The bytes that crossed links of each kind.
   *
   * @param rowBytes bytes of a row that is no partial sum
   * @param partialBytes bytes of a partial sum
   */
  public Map<LinkKind, Long> bytesByLink(long rowBytes, long partialBytes) {
    Map<LinkKind, Long> bytes = new EnumMap<>(LinkKind.class);
    rowsByLink.forEach(
        (kind, rows) -> {
          long partials = partialsByLink.getOrDefault(kind, 0L);
          bytes.put(kind, (rows - partials) * rowBytes + partials * partialBytes);
        });
    return bytes;
  }

  private static final class Count {
    private final GatheredRouting routing;
    private final OutputShape shape;
    private final Map<LinkKind, Long> byLink = new EnumMap<>(LinkKind.class);
    private final Map<LinkKind, Long> partials = new EnumMap<>(LinkKind.class);
    private long read;
    private long written;

    Count(GatheredRouting routing, OutputShape shape) {
      this.routing = routing;
      this.shape = shape;
    }

    void add(Step step) {
      switch (step) {
        case Step.Pull pull -> transfer(pull.from(), pull.to().rank(), rows(pull.to()), 1);
        case Step.Push push -> transfer(push.from(), push.to().rank(), rows(push.to()), 1);
        case Step.Permute permute -> {
          transfer(permute.from(), permute.rank(), BufferRows.permuted(routing, permute), 0);
          written +=
              shape.rowPerSlot()
                  ? routing.slotCountAt(permute.from().source(), permute.rank())
                  : BufferRows.permuted(routing, permute);
        }
        case Step.Reduce reduce -> {
          int source = reduce.to().source();
          for (Step.Addend addend : reduce.addends()) {
            int rows = BufferRows.count(routing, shape, addend, source);
            transfer(addend.buffer(), reduce.rank(), rows, 0);
          }
          written += rows(reduce.to());
        }
        case Step.Reorder reorder ->
            transfer(reorder.from(), reorder.rank(), rows(reorder.from()), 1);
      }
    }

    private int rows(Buffer buffer) {
      return BufferRows.count(routing, shape, buffer);
    }

    private void transfer(Buffer from, int to, long rows, int writes) {
      read += rows;
      written += rows * writes;
      Topology topology = routing.topology();
      int at = from.rank();
      if (at == to) {
        cross(LinkKind.LOCAL, from, rows);
        return;
      }
      for (int hop : topology.route(at, to)) {
        cross(topology.link(at, hop).kind(), from, rows);
        at = hop;
      }
    }

    private void cross(LinkKind kind, Buffer from, long rows) {
      byLink.merge(kind, rows, Long::sum);
      if (from.kind() == BufferKind.PARTIAL) {
        partials.merge(kind, rows, Long::sum);
      }
    }
  }
}
