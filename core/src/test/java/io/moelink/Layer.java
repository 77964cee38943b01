package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.layout.dispatch.OutputOrder;
import io.moelink.layout.routing.TopK;
import io.moelink.verify.OrderedSum;
import io.moelink.verify.RowCodec;
import io.moelink.verify.SampleRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A routing of a group, with rows that every rank can work out for itself, and what dispatch and
 * combine must give, worked out from the definitions by looking at every slot of every token.
 */
record Layer(ExpertGroupConfig config, TopK[] routing, long seed) {

  /** Where a row must lie: the choice that it stands for; slot -1 where it stands for all. */
  record Placed(int row, int source, int token, int slot, int localExpert) {}

  private int rankCount() {
    return routing.length;
  }

  private boolean perSlot() {
    return config.output().order() != OutputOrder.RANK_MAJOR;
  }

  /** A buffer with this rank's rows. */
  TokenBuffer input(ExpertGroup group) {
    TokenBuffer x = group.allocateTokens(routing[group.rank()].tokens());
    for (int token = 0; token < x.rows(); token++) {
      SampleRows.fill(type(), x.row(token), config.hidden(), seed, group.rank(), token);
    }
    return x;
  }

  /** A token's row. */
  float[] inputRow(int rank, int token) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(config.payloadBytes()[0], 8);
      SampleRows.fill(type(), row, config.hidden(), seed, rank, token);
      return floats(type(), row, config.hidden());
    }
  }

  TokenBuffer output(ExpertGroup group) {
    return group.allocateTokens(routing[group.rank()].tokens());
  }

  /** A rank's dispatch and combine, both checked. */
  Dispatched checkRoundTrip(ExpertGroup group) {
    int rank = group.rank();
    Dispatched d = group.dispatch(input(group), routing[rank]);
    checkDispatched(rank, d);
    fillExpertRows(rank, d.rows());
    TokenBuffer out = output(group);
    group.combine(d.handle(), d.rows(), out);
    checkCombined(rank, out);
    return d;
  }

  private ElementType type() {
    return config.elementType();
  }

  /** Slots of a rank's token that chose an expert of {@code owner}. */
  private boolean chose(int source, int token, int owner) {
    for (int k = 0; k < config.topK(); k++) {
      int expert = routing[source].id(token, k);
      if (expert != TopK.NONE && config.placement().rankOf(expert) == owner) {
        return true;
      }
    }
    return false;
  }

  /** How many slots of all ranks chose an expert. */
  int slotsOf(int expert) {
    int count = 0;
    for (TopK ids : routing) {
      for (int id : ids.ids()) {
        count += id == expert ? 1 : 0;
      }
    }
    return count;
  }

  /** First row of each local expert's block, and the end of the last. */
  int[] blockStarts(int rank) {
    int first = config.placement().firstExpert(rank);
    int[] starts = new int[config.placement().expertCount(rank) + 1];
    for (int local = 0; local + 1 < starts.length; local++) {
      int rows =
          switch (config.output().order()) {
            case EXPERT_MAJOR -> slotsOf(first + local);
            case SLOTTED -> config.output().capacity();
            case PAIRED -> Math.max(slotsOf(first + local), partnerSlots(rank, local));
            case RANK_MAJOR -> throw new IllegalStateException("no blocks");
          };
      int alignment = config.output().alignment();
      starts[local + 1] = starts[local] + (rows + alignment - 1) / alignment * alignment;
    }
    return starts;
  }

  /**
   * PAIRED: the same local expert on the card's other die, or the neighbour where cards are whole.
   */
  private int partnerSlots(int rank, int local) {
    for (int other = 0; other < rankCount(); other++) {
      if (other != rank && config.topology().cardOf(other) == config.topology().cardOf(rank)) {
        return local < config.placement().expertCount(other)
            ? slotsOf(config.placement().firstExpert(other) + local)
            : 0;
      }
    }
    int neighbour = local % 2 == 0 ? local + 1 : local - 1;
    return neighbour < config.placement().expertCount(rank)
        ? slotsOf(config.placement().firstExpert(rank) + neighbour)
        : 0;
  }

  /** All rows of a rank's output buffer that are no padding. */
  List<Placed> placed(int rank) {
    List<Placed> placed = new ArrayList<>();
    if (!perSlot()) {
      for (int source = 0; source < rankCount(); source++) {
        for (int token = 0; token < routing[source].tokens(); token++) {
          if (chose(source, token, rank)) {
            placed.add(new Placed(placed.size(), source, token, -1, -1));
          }
        }
      }
      return placed;
    }
    int[] starts = blockStarts(rank);
    for (int local = 0; local + 1 < starts.length; local++) {
      int row = starts[local];
      for (int source = 0; source < rankCount(); source++) {
        for (int token = 0; token < routing[source].tokens(); token++) {
          for (int k = 0; k < config.topK(); k++) {
            if (routing[source].id(token, k) == config.placement().firstExpert(rank) + local) {
              placed.add(new Placed(row++, source, token, k, local));
            }
          }
        }
      }
    }
    return placed;
  }

  /** Rows of a rank's output buffer, padding included. */
  int rowCount(int rank) {
    int[] starts = perSlot() ? blockStarts(rank) : new int[] {placed(rank).size()};
    return starts[starts.length - 1];
  }

  /** The rows are those of the definition, and so is what is said of each. */
  void checkDispatched(int rank, Dispatched found) {
    List<Placed> placed = placed(rank);
    assertThat(found.handle().rowCount()).as(at(rank, "rows")).isEqualTo(rowCount(rank));
    int[] ranks = new int[rowCount(rank)];
    int[] tokens = new int[rowCount(rank)];
    Arrays.fill(ranks, -1);
    Arrays.fill(tokens, -1);
    byte[] expected = new byte[config.payloadBytes()[0]];
    MemorySegment row = MemorySegment.ofArray(expected);
    for (Placed p : placed) {
      SampleRows.fill(type(), row, config.hidden(), seed, p.source(), p.token());
      assertThat(bytes(found.rows(), p.row())).as(at(rank, p.toString())).isEqualTo(expected);
      ranks[p.row()] = p.source();
      tokens[p.row()] = p.token();
    }
    assertThat(found.sourceRanks()).as(at(rank, "source ranks")).isEqualTo(ranks);
    assertThat(found.sourceTokens()).as(at(rank, "source tokens")).isEqualTo(tokens);
    if (perSlot()) {
      float[] weights = new float[rowCount(rank)];
      for (Placed p : placed) {
        weights[p.row()] = routing[p.source()].weight(p.token(), p.slot());
      }
      assertThat(found.weights()).as(at(rank, "weights")).isEqualTo(weights);
    }
  }

  /** Writes into each row what its expert makes of it: another value for every choice. */
  void fillExpertRows(int rank, TokenBuffer rows) {
    for (Placed p : placed(rank)) {
      fillExpertRow(rows.row(p.row()), rank, p.source(), p.token(), p.slot());
    }
  }

  private void fillExpertRow(MemorySegment row, int rank, int source, int token, int slot) {
    long key = seed + 1 + (perSlot() ? slot : config.topK() + rank);
    SampleRows.fill(type(), row, config.hidden(), key, source, token);
  }

  /** What the expert's rank makes of a token's slot (or, RANK_MAJOR, of the token). */
  float[] expertRow(int rank, int source, int token, int slot) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(config.payloadBytes()[0], 8);
      fillExpertRow(row, rank, source, token, slot);
      return floats(type(), row, config.hidden());
    }
  }

  /** The combined row of a token, of the rows of {@link #fillExpertRows}. */
  float[] combined(int source, int token, boolean weighted) {
    OrderedSum oracle =
        new OrderedSum(
            config.topology(),
            config.placement(),
            config.algorithm().sumOrder(),
            config.partialType());
    float[] sum;
    if (perSlot()) {
      float[][] rows = new float[config.topK()][];
      for (int k = 0; k < rows.length; k++) {
        rows[k] = expertRow(-1, source, token, k);
      }
      sum = oracle.sum(routing[source], source, token, rows, config.hidden(), weighted);
    } else {
      float[][] cards = new float[rankCount()][];
      for (int rank = 0; rank < cards.length; rank++) {
        cards[rank] = chose(source, token, rank) ? expertRow(rank, source, token, -1) : null;
      }
      sum = oracle.sumPartials(cards, source, config.hidden());
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] = RowCodec.round(type(), sum[i]);
    }
    return sum;
  }

  void checkCombined(int rank, TokenBuffer out) {
    for (int token = 0; token < routing[rank].tokens(); token++) {
      assertThat(floats(type(), out.row(token), config.hidden()))
          .as(at(rank, "token " + token))
          .isEqualTo(combined(rank, token, true));
    }
  }

  /** Dispatch, experts, combine, all checked. */
  void run(ExpertGroup group) {
    TokenBuffer out = output(group);
    try (TokenBuffer x = input(group)) {
      Dispatched d = group.dispatch(x, routing[group.rank()]);
      checkDispatched(group.rank(), d);
      fillExpertRows(group.rank(), d.rows());
      group.combine(d.handle(), d.rows(), out);
      checkCombined(group.rank(), out);
      d.handle().close();
    }
    out.close();
  }

  /** Opens the group and runs the layer once. */
  void run() throws Exception {
    Ranks.run(
        config,
        group -> {
          run(group);
          return null;
        });
  }

  String at(int rank, String what) {
    return "seed %d, %s on %s, rank %d, %s"
        .formatted(seed, config.algorithm().name(), config.topology().name(), rank, what);
  }

  static float[] floats(ElementType type, MemorySegment row, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = RowCodec.get(type, row, i);
    }
    return values;
  }

  static byte[] bytes(TokenBuffer buffer, int row) {
    return buffer.row(row).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }
}
