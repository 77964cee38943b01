package io.moelink.nativestubs.job;

import io.moelink.CombineGradients;
import io.moelink.Dispatched;
import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.TokenBuffer;
import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import io.moelink.verify.SampleRows;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

/**
 * What one rank of a test does, a layer forward and backward, from (seed, rank, round) alone: the
 * same on every transport, in threads and in processes. The digest is over every byte that came.
 */
final class GroupWork implements AutoCloseable {
  private static final long SEED = 20_261_124;
  private static final int EXPERTS = 32;
  private static final int TOP_K = 4;
  private static final int HIDDEN = 200;
  private static final int TOKENS_MAX = 40;

  private final ExpertGroup group;
  private final MessageDigest digest;
  private final TopK routing;
  private final TokenBuffer tokens;
  private final TokenBuffer out;

  GroupWork(ExpertGroup group) {
    this.group = group;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
    int rank = group.rank();
    routing =
        new RoutingGenerator(RoutingSpec.zipf(1.1), SEED, EXPERTS, TOP_K, 1)
            .topK(rank, TOKENS_MAX - rank % 5);
    tokens = group.allocateTokens(routing.tokens());
    out = group.allocateTokens(routing.tokens());
  }

  static ExpertGroupConfig config(
      String topology, String algorithm, ElementType type, int computeUnits) {
    return config(
        Topologies.named(topology), algorithm, type, computeUnits, Duration.ofSeconds(30));
  }

  static ExpertGroupConfig config(
      Topology topology, String algorithm, ElementType type, int computeUnits, Duration timeout) {
    return ExpertGroupConfig.builder()
        .topology(topology)
        .experts(EXPERTS)
        .topK(TOP_K)
        .hidden(HIDDEN)
        .elementType(type)
        .tokensPerRankMax(TOKENS_MAX)
        .algorithm(Algorithms.named(algorithm))
        .computeUnits(computeUnits)
        .timeout(timeout)
        .build();
  }

  /** One layer. */
  void round(int number) {
    ElementType type = group.config().elementType();
    for (int token = 0; token < tokens.rows(); token++) {
      SampleRows.fill(type, tokens.row(token), HIDDEN, SEED + number, group.rank(), token);
    }
    Dispatched d = group.dispatch(tokens, routing);
    add(d.rows().segment());
    group.combine(d.handle(), d.rows(), out);
    add(out.segment());
    CombineGradients gradients = group.combineBackward(d.handle(), out, d.rows());
    add(gradients.rows().segment());
    for (float weight : gradients.weights()) {
      digest.update(ByteBuffer.allocate(4).putInt(Float.floatToRawIntBits(weight)).flip());
    }
    group.dispatchBackward(d.handle(), gradients.rows(), out);
    add(out.segment());
    d.handle().close();
  }

  private void add(MemorySegment bytes) {
    digest.update(bytes.asByteBuffer());
  }

  /** What came in all rounds so far. */
  String digest() {
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public void close() {
    tokens.close();
    out.close();
  }
}
