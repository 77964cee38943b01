package io.moelink.layout.cost;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * The figures of the old design (page 5 of the specification) with their rules as code, and those
 * that DeepEP publishes. Longer than most classes because it is mostly a table.
 *
 * <p>The old design counts sizes in MiB or GiB and takes rates as if they were in the same unit a
 * second; where it says MB it takes a MiB for one. So a rule here divides MiB by 1000 or by 1024 as
 * its row did: {@link #MIB} or {@link #GIB} megabytes. Plans of ours are simulated in bytes.
 */
public final class PublishedFigures {
  /** Megabytes for a MiB in the rows that took 1000 of them for a GB. */
  private static final double MIB = 1;

  /** Megabytes for a MiB in the rows that took 1024 of them for a GB. */
  private static final double GIB = 1000.0 / 1024;

  private static final double CASE_TOKENS_4096_MIB = 56;
  private static final String MS = "ms";

  private final List<PublishedFigure> figures = new ArrayList<>();

  private PublishedFigures() {}

  /** All rows, in the order of the page. Simulates a dozen plans: takes about a second. */
  public static List<PublishedFigure> all() {
    PublishedFigures list = new PublishedFigures();
    list.pcie();
    list.twoNodes();
    list.oneNode();
    list.moreNodes();
    list.hierarchical();
    list.layer();
    list.deepEp();
    return List.copyOf(list.figures);
  }

  private void pcie() {
    double rate = OurPlans.PCIE_GIGABYTES_PER_SECOND;
    add(
        "1",
        "pcie-8gpu all-to-all, S bytes a rank",
        "GB/s",
        102.4,
        "S over S/2/B + S/8/B, B = 64",
        1 / (0.5 / rate + 0.125 / rate),
        1000 / PcieRule.milliseconds(1000, rate, false),
        "relay on pcie-8gpu, each token to one rank",
        OurPlans.pcieGigabytesPerSecond("relay"));
    add(
        "2",
        "the same, the mate's own share last",
        "GB/s",
        128,
        "S over S/2/B, B = 64",
        1 / (0.5 / rate),
        1000 / PcieRule.milliseconds(1000, rate, true),
        "direct on pcie-8gpu, rows forwarded as they come",
        OurPlans.pcieGigabytesPerSecond("direct"));
  }

  private void twoNodes() {
    double[] reorder = {2.25, 4.5, 9};
    double[] exchange = {4.9, 9.8, 19.6};
    for (int i = 0; i < 3; i++) {
      int batches = 1 << i;
      measured(
          "3",
          "reorder of %.0f MiB".formatted(batches * CASE_TOKENS_4096_MIB),
          reorder[i],
          "reorder of as much on a card of ubbv2-2node",
          OurPlans.reorderMilliseconds(4096 * batches));
    }
    for (int i = 0; i < 3; i++) {
      double mib = CASE_TOKENS_4096_MIB * (1 << i);
      moved(
          "4",
          "between nodes, %.0f MiB at 11 GB/s".formatted(mib),
          exchange[i],
          mib * GIB,
          11,
          "the exchange of allgather on ubbv2-2node",
          OurPlans.exchangeMilliseconds(4096 << i));
    }
    moved(
        "5",
        "in the node by SPC, 4 x 112 MiB x 2 at 100 GB/s",
        8.96,
        896 * MIB,
        100,
        "the rest of hierarchical on ubbv2-2node, 8192 tokens",
        OurPlans.behindExchangeMilliseconds(8192));
    double between = 112 * GIB / 11;
    double half = 448 * GIB / 100;
    timed(
        "6",
        "two nodes, 4 and 5 in series",
        18.6,
        "9.8 + 2 x 4.4",
        between + 2 * half,
        script -> {
          int exchanged = script.move(112 * GIB, script.link(11));
          script.move(896 * GIB, script.link(100), exchanged);
        },
        "allgather on ubbv2-2node, 8192 tokens",
        OurPlans.dispatch("allgather", "ubbv2-2node", 8192, false));
    timed(
        "6",
        "two nodes, 4 and 5 half overlapped",
        14.2,
        "9.8 + 4.4",
        between + half,
        script -> {
          int exchanged = script.move(112 * GIB, script.link(11));
          int spc = script.link(100);
          script.move(448 * GIB, spc);
          script.move(448 * GIB, spc, exchanged);
        },
        "hierarchical on ubbv2-2node, 8192 tokens",
        OurPlans.dispatch("hierarchical", "ubbv2-2node", 8192, false));
  }

  private void oneNode() {
    String gather = "allgather on ubbv2-1node, 8192 tokens a card";
    double gathered = OurPlans.dispatch("allgather", "ubbv2-1node", 8192, false);
    moved("7", "EP16 all-gather, 8 x 112 MiB, SPC 128.6", 6.8, 896 * GIB, 128.6, gather, gathered);
    moved("7", "EP16 all-gather, 8 x 112 MiB, DMA 88", 9.9, 896 * GIB, 88, gather, gathered);
    String direct = "direct on ubbv2-1node, 8192 tokens a card";
    double sent = OurPlans.dispatch("direct", "ubbv2-1node", 8192, false);
    moved("8", "EP16 all-to-all-v, 3.5 x 112 MiB, SPC 54.8", 7.15, 392 * MIB, 54.8, direct, sent);
    moved("8", "EP16 all-to-all-v, 3.5 x 112 MiB, DMA 16.9", 23.2, 392 * MIB, 16.9, direct, sent);
    measured("9", "9 experts of 2048 x 7168 x 4096, compute", 11.9, "", Double.NaN);
  }

  private void moreNodes() {
    moved(
        "10",
        "EP32 send/recv, 112 MiB at 12",
        9.11,
        112 * GIB,
        12,
        "the exchange of allgather on ubbv2-2node",
        OurPlans.exchangeMilliseconds(8192));
    String gather = "allgather on ubbv2-2node, 8192 tokens a card, exchange included";
    double gathered = OurPlans.dispatch("allgather", "ubbv2-2node", 8192, false);
    moved("10", "EP32 all-gather, 1.75 GiB at 128.6", 13.6, 1792 * GIB, 128.6, gather, gathered);
    moved("10", "EP32 all-gather, 1.75 GiB at 88", 19.8, 1792 * GIB, 88, gather, gathered);
    moved("10", "EP32 all-gather, 1.75 GiB at 182", 9.6, 1792 * GIB, 182, gather, gathered);
    moved(
        "10",
        "EP32 reduce-scatter, 1.75 GiB at 169",
        10.4,
        1792 * GIB,
        169,
        "combine of allgather on ubbv2-2node, 8192 tokens a card",
        OurPlans.combine("allgather", "ubbv2-2node", 8192));
    moved(
        "10",
        "EP32 reorder, 1.75 GiB at 200",
        8.8,
        1792 * GIB,
        200,
        "reorder of as much on a card of ubbv2-2node",
        OurPlans.reorderMilliseconds(131072));
    moved(
        "11",
        "EP64 all-gather, 7 GiB at 128.6",
        54.4,
        7168 * GIB,
        128.6,
        "allgather on ubbv2-4node-die, 4096 tokens a die",
        OurPlans.dispatch("allgather", "ubbv2-4node-die", 4096, false));
    moved(
        "11",
        "EP64 DeepEP, 504 MiB between nodes at 12",
        42,
        504 * MIB,
        12,
        "hierarchical on ubbv2-4node-die, 4096 tokens a die",
        OurPlans.dispatch("hierarchical", "ubbv2-4node-die", 4096, false));
  }

  private void hierarchical() {
    double mate = 112.0 / (2 * 20);
    double peers = 0.66 * mate;
    String ep16 = "hierarchical on ubbv2-1node-die, 4096 tokens a die, column-major";
    double ours16 = OurPlans.dispatch("hierarchical", "ubbv2-1node-die", 4096, true);
    timed(
        "12",
        "EP16 hierarchical by die, in series",
        9.3,
        "0.3 + 112/40 + 2 x 66 % of it + 2.4",
        0.3 + mate + 2 * peers + 2.4,
        script -> {
          int ordered = script.take(0.3);
          int wires = script.link(2 * 20);
          int crossed = script.move(112, wires, ordered);
          int own = script.move(0.66 * 112, wires, crossed);
          int others = script.move(0.66 * 112, wires, own);
          script.take(2.4, others);
        },
        ep16,
        ours16);
    timed(
        "12",
        "EP16 hierarchical by die, overlapped",
        7.4,
        "0.3 + max(112/40, 66 % of it) + 66 % of it + 2.4",
        0.3 + Math.max(mate, peers) + peers + 2.4,
        script -> {
          int ordered = script.take(0.3);
          int toPeers = script.link(2 * 20);
          int crossed = script.move(112, script.link(2 * 20), ordered);
          int own = script.move(0.66 * 112, toPeers, ordered);
          script.take(2.4, script.move(0.66 * 112, toPeers, crossed, own));
        },
        ep16,
        ours16);
    timed(
        "12",
        "EP16 all-gather + permute (15 to 16)",
        15.5,
        "rows 7 and 10: 896 MiB at 128.6, then 1.75 GiB at 200",
        896 * GIB / 128.6 + 1792 * GIB / 200,
        script ->
            script.move(1792 * GIB, script.link(200), script.move(896 * GIB, script.link(128.6))),
        "allgather on ubbv2-1node-die, 4096 tokens a die, column-major",
        OurPlans.dispatch("allgather", "ubbv2-1node-die", 4096, true));
    String ep32 = "hierarchical on ubbv2-2node-die, 2048 tokens a die, column-major";
    double ours32 = OurPlans.dispatch("hierarchical", "ubbv2-2node-die", 2048, true);
    hierarchicalTwoNodes("ideal", 9.15, 7.4, 13, ep32, ours32);
    hierarchicalTwoNodes("expected", 10.25, 8.5, 0.8 * 13, ep32, ours32);
    double rdma = 56 / (0.8 * 13);
    timed(
        "14",
        "the same with a virtual rank per die (RDMA bound)",
        0.05 + 5.4 + 0.4,
        "0.05 + max(56/13 at 80 %, 1.4 + 1.4) + 0.4",
        0.05 + Math.max(rdma, 1.4 + 1.4) + 0.4,
        script -> {
          int ordered = script.take(0.05);
          int crossed = script.move(56, script.link(0.8 * 13), ordered);
          script.take(0.4, crossed, script.take(1.4, script.take(1.4, ordered)));
        },
        "the same plan row-major",
        OurPlans.dispatch("hierarchical", "ubbv2-2node-die", 2048, false));
  }

  private void hierarchicalTwoNodes(
      String which, double series, double overlapped, double rate, String plan, double ours) {
    String rule = "56/%s".formatted(rate == 13 ? "13" : "13 at 80 %");
    timed(
        "13",
        "EP32 hierarchical, " + which + ", in series",
        series,
        "0.15 + " + rule + " + 1.75 + 1.75 + 1.2",
        0.15 + 56 / rate + 1.75 + 1.75 + 1.2,
        script -> {
          int crossed = script.move(56, script.link(rate), script.take(0.15));
          script.take(1.2, script.take(1.75, script.take(1.75, crossed)));
        },
        plan,
        ours);
    timed(
        "13",
        "EP32 hierarchical, " + which + ", overlapped",
        overlapped,
        "0.15 + max(" + rule + ", 1.75) + 1.75 + 1.2",
        0.15 + Math.max(56 / rate, 1.75) + 1.75 + 1.2,
        script -> {
          int ordered = script.take(0.15);
          int crossed = script.move(56, script.link(rate), ordered);
          script.take(1.2, script.take(1.75, crossed, script.take(1.75, ordered)));
        },
        plan,
        ours);
  }

  private void layer() {
    double exchange = 112 * GIB / 11;
    double permute = 1792 * GIB / 200;
    timed(
        "15",
        "EP32 send/recv + all-gather in halves, permute in halves",
        14.2,
        "row 4's exchange beside all-gather and permute of the first half, then half a permute",
        Math.max(exchange, 896 * GIB / 182 + permute / 2) + permute / 2,
        script -> {
          int engine = script.link(200);
          int exchanged = script.move(112 * GIB, script.link(11));
          int first = script.move(896 * GIB, engine, script.move(896 * GIB, script.link(182)));
          script.move(896 * GIB, engine, exchanged, first);
        },
        "allgather on ubbv2-2node-die, 4096 tokens a die",
        OurPlans.dispatch("allgather", "ubbv2-2node-die", 4096, false));
    timed(
        "15",
        "EP16 one node, all-gather + permute",
        16.5,
        "896 MiB at 128.6, then 1.75 GiB at 200",
        896 * MIB / 128.6 + 1792 * MIB / 200,
        script ->
            script.move(1792 * MIB, script.link(200), script.move(896 * MIB, script.link(128.6))),
        "allgather on ubbv2-1node-die, 4096 tokens a die, column-major",
        OurPlans.dispatch("allgather", "ubbv2-1node-die", 4096, true));
    measured(
        "16",
        "dispatch of the whole layer, EP16, old",
        16.5,
        "allgather on ubbv2-1node-die, 4096 tokens a die, column-major",
        OurPlans.dispatch("allgather", "ubbv2-1node-die", 4096, true));
    measured(
        "16",
        "dispatch of the whole layer, EP16, new",
        6.2,
        "hierarchical on ubbv2-1node-die, 4096 tokens a die",
        OurPlans.dispatch("hierarchical", "ubbv2-1node-die", 4096, false));
    measured(
        "16",
        "dispatch of the whole layer, EP32, old",
        17.6,
        "allgather on ubbv2-2node-die, 2048 tokens a die, column-major",
        OurPlans.dispatch("allgather", "ubbv2-2node-die", 2048, true));
    measured(
        "16",
        "dispatch of the whole layer, EP32, new (10.5 to 12)",
        11.25,
        "hierarchical on ubbv2-2node-die, 2048 tokens a die, column-major",
        OurPlans.dispatch("hierarchical", "ubbv2-2node-die", 2048, true));
    measured("17", "partition of [2, 4096, 7168] on the card", 2.1, "", Double.NaN);
  }

  /**
   * DeepEP's own figures for two servers of 8 Hopper cards with a network card of 50 GB/s each. It
   * counts the rows that any server needs, the sender's own included, over the time of the whole
   * dispatch, so half of these bytes never cross: 43 GB/s of version 1 (docs/legacy.md; NVLink at
   * 160 GB/s is the bottleneck there, the maintainers say in issue 285), 90 of version 2 (README).
   */
  private void deepEp() {
    String wire = "rows that cross the network over the time of dispatch";
    deepEp(
        "EP16 of DeepEP read as 43 of 50 GB/s on the wire",
        43,
        "hierarchical on nvlink-2x8, " + wire,
        OurPlans.deepEpGigabytesPerSecond(450, false));
    deepEp(
        "EP16 dispatch of DeepEP version 1, own server counted, NVLink 160",
        43,
        "hierarchical on nvlink-2x8 with NVLink 160, own server counted",
        OurPlans.deepEpGigabytesPerSecond(160, true));
    deepEp(
        "EP16 dispatch of DeepEP version 2, own server counted",
        90,
        "hierarchical on nvlink-2x8, own server counted",
        OurPlans.deepEpGigabytesPerSecond(450, true));
  }

  private void deepEp(String what, double published, String plan, double byPlan) {
    figures.add(
        new PublishedFigure(
            "DeepEP",
            what,
            "GB/s",
            published,
            true,
            "measured",
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            plan,
            OptionalDouble.of(byPlan)));
  }

  /** A row whose rule is size over rate. */
  private void moved(
      String row,
      String what,
      double published,
      double megabytes,
      double rate,
      String plan,
      double byPlan) {
    timed(
        row,
        what,
        published,
        "size / rate",
        megabytes / rate,
        script -> script.move(megabytes, script.link(rate)),
        plan,
        byPlan);
  }

  private void timed(
      String row,
      String what,
      double published,
      String rule,
      double byRule,
      Consumer<RuleScript> steps,
      String plan,
      double byPlan) {
    RuleScript script = new RuleScript();
    steps.accept(script);
    add(row, what, MS, published, rule, byRule, script.milliseconds(), plan, byPlan);
  }

  private void add(
      String row,
      String what,
      String unit,
      double published,
      String rule,
      double byRule,
      double simulated,
      String plan,
      double byPlan) {
    figures.add(
        new PublishedFigure(
            row,
            what,
            unit,
            published,
            false,
            rule,
            OptionalDouble.of(byRule),
            OptionalDouble.of(simulated),
            plan,
            OptionalDouble.of(byPlan)));
  }

  private void measured(String row, String what, double published, String plan, double byPlan) {
    figures.add(
        new PublishedFigure(
            row,
            what,
            MS,
            published,
            true,
            "measured",
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            plan,
            Double.isNaN(byPlan) ? OptionalDouble.empty() : OptionalDouble.of(byPlan)));
  }
}
