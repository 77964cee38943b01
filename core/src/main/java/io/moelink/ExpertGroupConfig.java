package io.moelink;

import io.moelink.kernel.ElementType;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithm;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import io.moelink.layout.topology.TopologyJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * What all ranks of a group agree on. Immutable; made by {@link #builder}.
 *
 * <p>A token has one or more payloads: first its hidden row of {@code hidden} elements, which
 * combine sums, then opaque ones of any width that dispatch brings along (quantisation scales, for
 * example).
 *
 * <p>More than 400 lines: every setting is here with its documentation, and its check.
 */
public final class ExpertGroupConfig {
  /** Payloads of a token at most, the hidden row included. */
  public static final int PAYLOADS_MAX = 8;

  /** Bytes of a row at most. */
  public static final int ROW_BYTES_MAX = 1 << 24;

  private static final int RING_ROWS_MIN = 4;
  private static final int RING_ROWS_MAX = 1 << 20;

  private final Builder values;
  private final ExpertPlacement placement;
  private final int[] payloadBytes;

  private ExpertGroupConfig(Builder builder) {
    values = builder.copy();
    require("topology", values.topology != null, "none", "a topology");
    require("hidden size", values.hidden >= 1, values.hidden, "1 or more elements");
    require(
        "bytes of a row",
        (long) values.hidden * values.elementType.bytes() <= ROW_BYTES_MAX,
        (long) values.hidden * values.elementType.bytes(),
        "at most " + ROW_BYTES_MAX);
    require(
        "experts", values.placement != null || values.experts >= 1, values.experts, "1 or more");
    placement =
        values.placement != null
            ? values.placement
            : ExpertPlacement.contiguous(values.experts, values.topology.rankCount());
    require(
        "ranks of the placement",
        placement.ranks() == values.topology.rankCount(),
        placement.ranks(),
        values.topology.rankCount() + " (topology " + values.topology.name() + ")");
    require(
        "top-k",
        values.topK >= 1 && values.topK <= Math.min(TopK.MAX_TOP_K, placement.experts()),
        values.topK,
        "1 to " + Math.min(TopK.MAX_TOP_K, placement.experts()));
    require(
        "most tokens of a rank",
        values.tokensPerRankMax >= 0
            && (long) values.tokensPerRankMax * values.topK <= TopK.MAX_SLOTS,
        values.tokensPerRankMax,
        "0 to " + TopK.MAX_SLOTS / values.topK);
    require(
        "timeout",
        values.timeout.isPositive(),
        values.timeout.toMillis() + " ms",
        "more than 0 ms");
    require("compute units", values.computeUnits >= 1, values.computeUnits, "1 or more");
    require("bytes of memory", values.memoryBytesMax >= 1, values.memoryBytesMax, "1 or more");
    require("rows of a chunk", values.chunkRows >= 1, values.chunkRows, "1 or more");
    require("bytes of a ring", values.ringBytes >= 1, values.ringBytes, "1 or more");
    require(
        "payloads",
        values.extraPayloadBytes.length < PAYLOADS_MAX,
        1 + values.extraPayloadBytes.length,
        "at most " + PAYLOADS_MAX);
    require(
        "payloads of column-major rows",
        values.rowOrder == RowOrder.ROW_MAJOR || values.extraPayloadBytes.length == 0,
        1 + values.extraPayloadBytes.length,
        "1");
    payloadBytes = new int[1 + values.extraPayloadBytes.length];
    payloadBytes[0] = values.hidden * values.elementType.bytes();
    for (int i = 1; i < payloadBytes.length; i++) {
      payloadBytes[i] = values.extraPayloadBytes[i - 1];
      require(
          "bytes of payload " + i,
          payloadBytes[i] >= 1 && payloadBytes[i] <= ROW_BYTES_MAX,
          payloadBytes[i],
          "1 to " + ROW_BYTES_MAX);
    }
  }

  private static void require(String what, boolean holds, Object found, String expected) {
    if (!holds) {
      throw new InvalidInputException(what + ": found " + found + ", expected " + expected);
    }
  }

  public static Builder builder() {
    return new Builder();
  }

  public Topology topology() {
    return values.topology;
  }

  public ExpertPlacement placement() {
    return placement;
  }

  /** Slots per token, K. */
  public int topK() {
    return values.topK;
  }

  /** Elements of a hidden row, H. */
  public int hidden() {
    return values.hidden;
  }

  public ElementType elementType() {
    return values.elementType;
  }

  /** The type in which partial sums travel: the row's type, or FP32. */
  public ElementType partialType() {
    return values.partials == Partials.FLOAT32 ? ElementType.FP32 : values.elementType;
  }

  /** The largest number of tokens that a rank brings. */
  public int tokensPerRankMax() {
    return values.tokensPerRankMax;
  }

  /**
   * The algorithm of every exchange.
   *
   * @throws IllegalStateException with {@code auto}: then a {@linkplain Handle#choice() handle}
   *     says
   */
  public Algorithm algorithm() {
    if (values.algorithms.size() > 1) {
      throw new IllegalStateException(
          "algorithm " + values.algorithm + ": every handle has its own");
    }
    return values.algorithms.getFirst();
  }

  /** The algorithms that an exchange may run: one, or with {@code auto} all. */
  public List<Algorithm> algorithms() {
    return values.algorithms;
  }

  /** The algorithm's name, or {@code auto}. */
  public String algorithmName() {
    return values.algorithm;
  }

  public StagingPolicy staging() {
    return values.staging;
  }

  public OutputShape output() {
    return values.output;
  }

  /** Whether padding rows of the output are zeroed. */
  public boolean zeroPadding() {
    return values.zeroPadding;
  }

  public RowOrder rowOrder() {
    return values.rowOrder;
  }

  /** How long any call may take. */
  public Duration timeout() {
    return values.timeout;
  }

  /** Threads or compute units for kernels. */
  public int computeUnits() {
    return values.computeUnits;
  }

  /** Most bytes of shared memory that one rank allocates for the group. */
  public long memoryBytesMax() {
    return values.memoryBytesMax;
  }

  /** Rows of one put where rows are pushed through a link that cannot be loaded through. */
  public int chunkRows() {
    return values.chunkRows;
  }

  /**
   * Rows on their way from one rank to another at most, where nobody can load through the link: the
   * power of two at or below what {@link Builder#ringBytes} has room for, and at least 4.
   */
  public int ringRows() {
    long rowBytes = (long) values.hidden * partialType().bytes();
    for (int bytes : payloadBytes) {
      rowBytes = Math.max(rowBytes, bytes);
    }
    long rows = Math.clamp(values.ringBytes / rowBytes, RING_ROWS_MIN, RING_ROWS_MAX);
    return (int) Long.highestOneBit(rows);
  }

  /** Bytes of a row of each payload; the hidden row first. */
  public int[] payloadBytes() {
    return payloadBytes.clone();
  }

  /** The same with other ranks. */
  ExpertGroupConfig with(Topology topology, ExpertPlacement placement) {
    return values.copy().topology(topology).placement(placement).build();
  }

  /** What ranks compare when they open a group, by name, in the order of the messages. */
  Map<String, String> agreedValues() {
    Map<String, String> agreed = new LinkedHashMap<>();
    agreed.put("topology", values.topology.name());
    agreed.put("ranks", Integer.toString(values.topology.rankCount()));
    CRC32 links = new CRC32();
    links.update(TopologyJson.write(values.topology).getBytes(StandardCharsets.UTF_8));
    agreed.put("checksum of the topology", Long.toHexString(links.getValue()));
    agreed.put("experts", Integer.toString(placement.experts()));
    StringBuilder blocks = new StringBuilder();
    for (int rank = 0; rank < placement.ranks(); rank++) {
      blocks.append(rank == 0 ? "" : ",").append(placement.firstExpert(rank));
      blocks.append('+').append(placement.expertCount(rank));
    }
    agreed.put("placement", blocks.toString());
    agreed.put("topK", Integer.toString(values.topK));
    agreed.put("hidden", Integer.toString(values.hidden));
    agreed.put("elementType", values.elementType.name());
    agreed.put("partials", values.partials.name());
    agreed.put("tokensPerRankMax", Integer.toString(values.tokensPerRankMax));
    agreed.put("algorithm", values.algorithm);
    agreed.put("staging", values.staging.name());
    agreed.put("output", values.output.toString());
    agreed.put("rowOrder", values.rowOrder.name());
    agreed.put("payloadBytes", Arrays.toString(payloadBytes));
    agreed.put("ringRows", Integer.toString(ringRows()));
    return agreed;
  }

  /** The values that ranks agree on, in one line. */
  @Override
  public String toString() {
    return agreedValues().entrySet().stream()
        .map(value -> value.getKey() + "=" + value.getValue())
        .collect(Collectors.joining(" ", "ExpertGroupConfig[", "]"));
  }

  /** The type of partial sums on the way back. */
  public enum Partials {
    /** Rounded to the row's type at every rank. */
    ROW_TYPE,
    /** Kept in float32: twice the bytes on the way, rounded once at the end. */
    FLOAT32
  }

  /** Collects the values; each has the default that its method names. */
  public static final class Builder {
    private Topology topology;
    private int experts;
    private ExpertPlacement placement;
    private int topK;
    private int hidden;
    private ElementType elementType = ElementType.BF16;
    private Partials partials = Partials.ROW_TYPE;
    private int tokensPerRankMax = 4096;
    private String algorithm;
    private List<Algorithm> algorithms;
    private StagingPolicy staging = StagingPolicy.UNION;
    private OutputShape output = OutputShape.CANONICAL;
    private boolean zeroPadding = true;
    private RowOrder rowOrder = RowOrder.ROW_MAJOR;
    private Duration timeout = Duration.ofSeconds(30);
    private int computeUnits = 1;
    private int chunkRows = 256;
    private long ringBytes = 4L << 20;
    private long memoryBytesMax = Long.MAX_VALUE;
    private int[] extraPayloadBytes = {};

    private Builder() {
      algorithm("hierarchical");
    }

    private Builder copy() {
      Builder copy = new Builder();
      copy.topology = topology;
      copy.experts = experts;
      copy.placement = placement;
      copy.topK = topK;
      copy.hidden = hidden;
      copy.elementType = elementType;
      copy.partials = partials;
      copy.tokensPerRankMax = tokensPerRankMax;
      copy.algorithm = algorithm;
      copy.algorithms = algorithms;
      copy.staging = staging;
      copy.output = output;
      copy.zeroPadding = zeroPadding;
      copy.rowOrder = rowOrder;
      copy.timeout = timeout;
      copy.computeUnits = computeUnits;
      copy.chunkRows = chunkRows;
      copy.ringBytes = ringBytes;
      copy.memoryBytesMax = memoryBytesMax;
      copy.extraPayloadBytes = extraPayloadBytes.clone();
      return copy;
    }

    public Builder topology(Topology value) {
      topology = value;
      return this;
    }

    /** Number of experts, dealt to ranks in blocks of E/R; or give a {@link #placement}. */
    public Builder experts(int value) {
      experts = value;
      return this;
    }

    public Builder placement(ExpertPlacement value) {
      placement = value;
      return this;
    }

    /** Slots per token, 1 to 32. */
    public Builder topK(int value) {
      topK = value;
      return this;
    }

    /** Elements of a hidden row. */
    public Builder hidden(int value) {
      hidden = value;
      return this;
    }

    /** BF16 by default. */
    public Builder elementType(ElementType value) {
      elementType = value;
      return this;
    }

    /** ROW_TYPE by default. */
    public Builder partials(Partials value) {
      partials = value;
      return this;
    }

    /** 4096 by default. */
    public Builder tokensPerRankMax(int value) {
      tokensPerRankMax = value;
      return this;
    }

    /** {@code hierarchical} by default. */
    public Builder algorithm(Algorithm value) {
      algorithm = value.name();
      algorithms = List.of(value);
      return this;
    }

    /**
     * An algorithm by name, or {@link Algorithms#AUTO}: then the group simulates all of them on the
     * counts of a routing, and takes the fastest with the staging policy and chunk size that suit
     * it best. A staging policy that is not the default is kept.
     */
    public Builder algorithm(String name) {
      algorithms = Algorithms.candidates(name);
      algorithm = name;
      return this;
    }

    /** UNION by default. */
    public Builder staging(StagingPolicy value) {
      staging = value;
      return this;
    }

    /** EXPERT_MAJOR without padding by default. */
    public Builder output(OutputShape value) {
      output = value;
      return this;
    }

    /** True by default. */
    public Builder zeroPadding(boolean value) {
      zeroPadding = value;
      return this;
    }

    /** ROW_MAJOR by default. */
    public Builder rowOrder(RowOrder value) {
      rowOrder = value;
      return this;
    }

    /** 30 seconds by default. */
    public Builder timeout(Duration value) {
      timeout = value;
      return this;
    }

    /** 1 by default. */
    public Builder computeUnits(int value) {
      computeUnits = value;
      return this;
    }

    /** 256 by default; with {@code auto} the group chooses. */
    public Builder chunkRows(int value) {
      chunkRows = value;
      return this;
    }

    /**
     * Memory for rows on their way from one rank to another through a link that nobody can load
     * through, where they are placed or summed as they come; 4 MiB by default, which stays in a
     * cache. To use the link to the full it must be more than what the link carries in the time of
     * a round trip and a step of the executor.
     */
    public Builder ringBytes(long value) {
      ringBytes = value;
      return this;
    }

    /** No limit by default. */
    public Builder memoryBytesMax(long value) {
      memoryBytesMax = value;
      return this;
    }

    /** Bytes of the opaque payloads that go with each hidden row; none by default. */
    public Builder extraPayloadBytes(int... value) {
      extraPayloadBytes = value.clone();
      return this;
    }

    public ExpertGroupConfig build() {
      return new ExpertGroupConfig(this);
    }
  }
}
