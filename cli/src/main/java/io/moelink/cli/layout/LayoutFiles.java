package io.moelink.cli.layout;

import io.moelink.layout.combine.ReduceLevel;
import io.moelink.layout.combine.ReduceMasks;
import io.moelink.layout.dispatch.DispatchCounts;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.PermuteLayout;
import io.moelink.layout.dispatch.PullLayout;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyType;
import io.moelink.layout.topology.Topology;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The arrays of one rank's layouts by the names of their files. */
final class LayoutFiles {
  private static final int COLUMNS = 6;

  private final GatheredRouting routing;
  private final Topology topology;
  private final StagingPolicy policy;
  private final int rank;
  private final int tokensMax;
  private final Map<String, NpyArray> files = new LinkedHashMap<>();

  LayoutFiles(GatheredRouting routing, StagingPolicy policy, int rank) {
    this.routing = routing;
    this.policy = policy;
    this.rank = rank;
    topology = routing.topology();
    int most = 0;
    for (int source = 0; source < topology.rankCount(); source++) {
      most = Math.max(most, routing.source(source).tokens());
    }
    tokensMax = most;
  }

  Map<String, NpyArray> all() {
    counts();
    permutation();
    staging();
    cardMasks();
    for (ReduceLevel level : ReduceLevel.of(topology)) {
      levelMasks(level);
    }
    return files;
  }

  private void counts() {
    DispatchCounts counts = DispatchCounts.of(routing, rank);
    put("tokens_per_rank", counts.tokensPerRank());
    put("tokens_per_node", counts.tokensPerNode());
    put("tokens_per_expert", counts.tokensPerExpert());
    boolean[][] inRank = DispatchCounts.tokenInRank(routing, rank);
    int ranks = topology.rankCount();
    byte[] in = new byte[Math.multiplyExact(inRank.length, ranks)];
    for (int i = 0; i < in.length; i++) {
      in[i] = (byte) (inRank[i / ranks][i % ranks] ? 1 : 0);
    }
    put("token_in_rank", NpyArray.ofBytes(NpyType.BOOL, in, inRank.length, ranks));
    put("received_per_rank", counts.receivedPerRank());
    put("received_per_expert", counts.receivedPerExpert());
  }

  private void permutation() {
    PermuteLayout layout = PermuteLayout.of(routing, policy, OutputShape.CANONICAL, rank);
    int[][] columns = {
      layout.sourceRanks(),
      layout.sourceTokens(),
      layout.choices(),
      layout.localExperts(),
      layout.destinationRows(),
      layout.bufferRows()
    };
    int count = layout.count();
    int[] rows = new int[Math.multiplyExact(count, COLUMNS)];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = columns[i % COLUMNS][i / COLUMNS];
    }
    put("permute", NpyArray.ofInts(rows, count, COLUMNS));
    put("permute_buffer", layout.buffers());
    put("permute_weight", NpyArray.ofFloats(Arrays.copyOf(layout.weights(), count), count));
  }

  private void staging() {
    for (PullLayout.Staged staged : PullLayout.of(routing, policy, rank).staged()) {
      if (staged.rowCount() > 0) {
        put("staged_%03d".formatted(staged.source()), staged.toArray());
      }
    }
  }

  private void cardMasks() {
    ReduceMasks masks = ReduceMasks.card(routing, rank);
    long[] bits = new long[Math.multiplyExact(masks.sources().length, tokensMax * masks.words())];
    for (int s = 0; s < masks.sources().length; s++) {
      long[] from = masks.bits()[s];
      System.arraycopy(from, 0, bits, s * tokensMax * masks.words(), from.length);
    }
    long[] shape = shape(masks.words(), masks.sources().length, tokensMax);
    put("reduce_card", NpyArray.ofLongs(NpyType.UINT64, bits, shape));
  }

  private void levelMasks(ReduceLevel level) {
    ReduceMasks masks = ReduceMasks.of(routing, level, rank);
    int contributors = level.contributors(topology, rank, rank).size();
    int words = Math.ceilDiv(contributors, Integer.SIZE);
    if (level == ReduceLevel.TOP) {
      // at the source only, so there is no axis of sources and no token beyond its own
      int tokens = routing.source(rank).tokens();
      int[] bits = narrow(masks.bits()[0], masks.words(), words, tokens);
      put(
          "reduce_" + topology.topLevelName(),
          NpyArray.ofInts(NpyType.UINT32, bits, shape(words, tokens)));
      return;
    }
    int sources = masks.sources().length;
    int[] bits = new int[Math.multiplyExact(sources, tokensMax * words)];
    for (int s = 0; s < sources; s++) {
      int[] from = narrow(masks.bits()[s], masks.words(), words, tokensMax);
      System.arraycopy(from, 0, bits, s * from.length, from.length);
    }
    String name = level == ReduceLevel.VNODE ? "reduce_vnode" : "reduce_node";
    put(name, NpyArray.ofInts(NpyType.UINT32, bits, shape(words, sources, tokensMax)));
    put(name + "_sources", masks.sources());
  }

  /** Masks of 64-bit words as masks of 32-bit words, with room for {@code tokens} tokens. */
  private static int[] narrow(long[] masks, int longs, int words, int tokens) {
    int[] narrow = new int[tokens * words];
    for (int token = 0; token < masks.length / longs; token++) {
      for (int w = 0; w < words; w++) {
        narrow[token * words + w] = (int) (masks[token * longs + w / 2] >>> w % 2 * Integer.SIZE);
      }
    }
    return narrow;
  }

  /** A shape with a last axis of words where there is more than one. */
  private static long[] shape(int words, long... axes) {
    if (words == 1) {
      return axes;
    }
    long[] shape = Arrays.copyOf(axes, axes.length + 1);
    shape[axes.length] = words;
    return shape;
  }

  private void put(String name, int[] values) {
    put(name, NpyArray.ofInts(values, values.length));
  }

  private void put(String name, NpyArray array) {
    files.put(name + ".npy", array);
  }
}
