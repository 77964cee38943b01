package io.moelink.layout.cost;

import java.util.ArrayList;
import java.util.List;

/**
 * The estimates of the old design that follow from sizes and rates by a rule. Sizes are MiB and
 * rates are read as GiB/s throughout, the reading that comes closest to all published figures.
 * Figures that were measured on cards (reorder of 224 MiB: 9 ms) enter as they are.
 */
public final class PublishedFigures {
  private static final double BATCH = 56;
  private static final double MEASURED_REORDER_224 = 9;
  private static final String MS = "ms";

  private final List<PublishedFigure> figures = new ArrayList<>();

  private PublishedFigures() {}

  /** All figures, by row. */
  public static List<PublishedFigure> all() {
    PublishedFigures table = new PublishedFigures();
    table.pcie();
    table.betweenNodes();
    table.oneNode();
    table.moreNodes();
    table.hierarchical();
    return List.copyOf(table.figures);
  }

  /** Milliseconds of so many MiB at a rate. */
  private static double ms(double mebibytes, double rate) {
    return mebibytes / 1024 / rate * 1e3;
  }

  private void add(
      int row, String what, String unit, double published, String rule, double recomputed) {
    figures.add(new PublishedFigure(row, what, unit, published, rule, recomputed));
  }

  private void pcie() {
    double rate = 64;
    add(
        1,
        "pcie-8gpu, all-to-all, forwarding after sending",
        "GB/s",
        102.4,
        "S / (S/2/64 + S/8/64)",
        1 / (1 / 2. / rate + 1 / 8. / rate));
    add(
        2,
        "pcie-8gpu, all-to-all, forwarding overlapped",
        "GB/s",
        128,
        "S / (S/2/64)",
        1 / (1 / 2. / rate));
  }

  private void betweenNodes() {
    double[] published = {4.9, 9.8, 19.6};
    for (int i = 0; i < published.length; i++) {
      double size = BATCH * (1 << i);
      add(
          4,
          "between nodes, %.0f MiB".formatted(size),
          MS,
          published[i],
          "%.0f MiB at 11".formatted(size),
          ms(size, 11));
    }
    double inside = ms(2 * 4 * 112, 100);
    add(5, "in the node by SPC, DeepEP style", MS, 8.96, "896 MiB at 100", inside);
    double between = ms(112, 11);
    add(6, "two nodes, in series", MS, 18.6, "row 4 + row 5", between + inside);
    add(6, "two nodes, half overlapped", MS, 14.2, "row 4 + half of row 5", between + inside / 2);
  }

  private void oneNode() {
    add(7, "EP16 all-gather, SPC", MS, 6.8, "8 x 112 MiB at 128.6", ms(8 * 112, 128.6));
    add(7, "EP16 all-gather, DMA", MS, 9.9, "8 x 112 MiB at 88", ms(8 * 112, 88));
    add(8, "EP16 all-to-all-v, SPC", MS, 7.15, "3.5 x 112 MiB at 54.8", ms(3.5 * 112, 54.8));
    add(8, "EP16 all-to-all-v, DMA", MS, 23.2, "3.5 x 112 MiB at 16.9", ms(3.5 * 112, 16.9));
  }

  private void moreNodes() {
    double all = 1.75 * 1024;
    add(10, "EP32 send/recv", MS, 9.11, "112 MiB at 12", ms(112, 12));
    add(10, "EP32 all-gather, SPC", MS, 13.6, "1.75 GiB at 128.6", ms(all, 128.6));
    add(10, "EP32 all-gather, DMA", MS, 19.8, "1.75 GiB at 88", ms(all, 88));
    add(10, "EP32 all-gather, fastest", MS, 9.6, "1.75 GiB at 182", ms(all, 182));
    add(10, "EP32 reduce-scatter", MS, 10.4, "1.75 GiB at 169", ms(all, 169));
    add(10, "EP32 reorder", MS, 8.8, "1.75 GiB at 200", ms(all, 200));
    add(11, "EP64 all-gather", MS, 54.4, "7 GiB at 128.6", ms(7 * 1024, 128.6));
    add(11, "EP64 DeepEP between nodes", MS, 42, "504 MiB at 12", ms(504, 12));
  }

  private void hierarchical() {
    double mate = ms(112, 2 * 20);
    double peers = .66 * mate;
    add(
        12,
        "EP16 by die, in series",
        MS,
        9.3,
        "0.3 + 112 MiB at 2 x 20 + 2 x 66 % of it + 2.4",
        .3 + mate + 2 * peers + 2.4);
    add(
        12,
        "EP16 by die, overlapped",
        MS,
        7.4,
        "0.3 + max(112 MiB at 2 x 20, 66 % of it) + 66 % of it + 2.4",
        .3 + Math.max(mate, peers) + peers + 2.4);
    double gathered = ms(8 * 112, 128.6) + MEASURED_REORDER_224;
    add(
        12,
        "EP16 all-gather and permute (published: 15 to 16)",
        MS,
        15.5,
        "row 7 by SPC + measured reorder of 224 MiB",
        gathered);
    double rdma = ms(BATCH, 13);
    double slow = rdma / .8;
    double rest = .15 + 1.75 + 1.2;
    add(
        13,
        "EP32, in series",
        MS,
        9.15,
        "0.15 + 56 MiB at 13 + 1.75 + 1.75 + 1.2",
        rest + 1.75 + rdma);
    add(13, "EP32, overlapped", MS, 7.4, "the same with 1.75 hidden", rest + rdma);
    add(
        13,
        "EP32, in series, RDMA at 80 %",
        MS,
        10.25,
        "0.15 + 56 MiB at 80 % of 13 + 1.75 + 1.75 + 1.2",
        rest + 1.75 + slow);
    add(13, "EP32, overlapped, RDMA at 80 %", MS, 8.5, "the same with 1.75 hidden", rest + slow);
    add(
        14,
        "EP32 with a rank per die, bound by RDMA",
        MS,
        .05 + 5.4 + .4,
        "0.05 + max(56 MiB at 80 % of 13, 1.4 + 1.4) + 0.4",
        .05 + Math.max(slow, 1.4 + 1.4) + .4);
    add(
        15,
        "EP32 in two halves that overlap the exchange",
        MS,
        14.2,
        "112 MiB at 11 + half of 896 MiB at 100",
        Math.max(ms(112, 11), ms(448, 100)) + ms(448, 100));
    add(
        15,
        "one node, all-gather and permute",
        MS,
        16.5,
        "row 7 by SPC + measured reorder of 224 MiB",
        gathered);
  }
}
