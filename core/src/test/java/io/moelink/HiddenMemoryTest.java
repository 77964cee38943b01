package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.StagingPolicy;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topology;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.Transports;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Groups some of whose ranks cannot load others' memory: the same bits as where all can, whatever
 * is hidden, and no kernel is ever given what is.
 */
class HiddenMemoryTest {
  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String preset : List.of("ubbv2-2node", "flat-8", "pcie-8gpu")) {
      for (String algorithm : Algorithms.names()) {
        for (ElementType type : ElementType.values()) {
          cases.add(Arguments.of(preset, algorithm, type));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givesTheSameBits(String preset, String algorithm, ElementType type) throws Exception {
    sameBits(
        Samples.config(preset, algorithm)
            .elementType(type)
            .hidden(9)
            .extraPayloadBytes(3, 32)
            .chunkRows(2)
            .ringBytes(1)
            .build(),
        "nodes",
        "some",
        "all");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ubbv2-2node+port10", "ubbv2-1node-die", "nvlink-2x8", "ocs-1node-die"})
  void givesTheSameBitsOnOtherFabrics(String preset) throws Exception {
    for (String algorithm : Algorithms.names()) {
      sameBits(
          Samples.config(preset, algorithm)
              .output(OutputShape.rankMajor())
              .partials(ExpertGroupConfig.Partials.FLOAT32)
              .elementType(ElementType.BF16)
              .ringBytes(800)
              .build(),
          "nothing",
          "vnodes",
          "all");
    }
  }

  @ParameterizedTest
  @MethodSource("policies")
  void givesTheSameBitsWhateverIsStaged(StagingPolicy policy) throws Exception {
    sameBits(
        Samples.config("ubbv2-2node", "hierarchical")
            .staging(policy)
            .output(OutputShape.paired(4))
            .chunkRows(1)
            .ringBytes(1)
            .build(),
        "nodes",
        "vnodes",
        "all");
  }

  static StagingPolicy[] policies() {
    return StagingPolicy.values();
  }

  private static void sameBits(ExpertGroupConfig config, String... ways) throws Exception {
    TopK[] routing = Samples.routing(config, Samples.SEED, 24);
    List<List<byte[]>> expected =
        Ranks.run(config, Transports.named("loopback"), group -> layer(group, routing));
    for (String hidden : ways) {
      for (boolean late : new boolean[] {false, true}) {
        Topology topology = config.topology();
        TransportProvider provider =
            late ? HiddenMemory.late(hidden, topology) : HiddenMemory.provider(hidden, topology);
        List<List<byte[]>> found = Ranks.run(config, provider, group -> layer(group, routing));
        for (int rank = 0; rank < found.size(); rank++) {
          for (int i = 0; i < expected.get(rank).size(); i++) {
            assertThat(found.get(rank).get(i))
                .as("%s, hidden: %s, late: %s, rank %d, result %d", topology, hidden, late, rank, i)
                .isEqualTo(expected.get(rank).get(i));
          }
        }
      }
    }
  }

  /** What ranks say about their buffers holds until they say otherwise, in either lane. */
  @ParameterizedTest
  @MethodSource("io.moelink.layout.plan.Algorithms#names")
  void buffersThatMoveAreFoundAgain(String algorithm) throws Exception {
    for (String preset : List.of("flat-8", "ubbv2-2node")) {
      ExpertGroupConfig config = Samples.config(preset, algorithm).chunkRows(2).build();
      TopK[] routing = Samples.routing(config, Samples.SEED, 24);
      for (String hidden : List.of("nothing", "nodes", "all")) {
        Ranks.run(
            config,
            HiddenMemory.provider(hidden, config.topology()),
            group -> {
              moveBuffers(group, routing[group.rank()], hidden);
              return null;
            });
      }
    }
  }

  private static void moveBuffers(ExpertGroup group, TopK own, String hidden) {
    Handle handle = group.plan(own);
    List<TokenBuffer> inputs = new ArrayList<>();
    List<TokenBuffer> rows = new ArrayList<>();
    List<TokenBuffer> sums = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      inputs.add(Samples.input(group, own.tokens()));
      rows.add(group.allocateTokens(handle.rowCount()));
      sums.add(group.allocateTokens(own.tokens()));
    }
    MemorySegment given = MemorySegment.ofArray(Samples.bytes(inputs.get(0), own.tokens()));
    inputs.forEach(buffer -> buffer.segment().fill((byte) 0));
    byte[] expectedRows = null;
    byte[] expectedSums = null;
    int turn = 0;
    // dispatches alone change lanes; a combine after one has them stay in theirs
    for (int at : new int[] {0, 0, 0, 1, 1, 0, 0, 1, 2, 2, 2, 2, 0, 1, 2, 0}) {
      inputs.get(at).segment().copyFrom(given);
      rows.forEach(buffer -> buffer.segment().fill((byte) 0x5A));
      sums.forEach(buffer -> buffer.segment().fill((byte) 0x5A));
      group.dispatch(handle, List.of(inputs.get(at)), List.of(rows.get(at)));
      inputs.get(at).segment().fill((byte) 0);
      byte[] found = Samples.bytes(rows.get(at), handle.rowCount());
      expectedRows = expectedRows == null ? found : expectedRows;
      assertThat(found).as("hidden: %s, turn %d, rows", hidden, turn).isEqualTo(expectedRows);
      if (turn++ % 4 != 1) {
        group.combine(handle, rows.get(at), sums.get(turn % 3));
        byte[] sum = Samples.bytes(sums.get(turn % 3), own.tokens());
        expectedSums = expectedSums == null ? sum : expectedSums;
        assertThat(sum).as("hidden: %s, turn %d, sums", hidden, turn).isEqualTo(expectedSums);
      }
    }
  }

  /** One layer, forward and backward: all that came out of it. */
  private static List<byte[]> layer(ExpertGroup group, TopK[] routing) {
    TopK own = routing[group.rank()];
    List<TokenBuffer> inputs = new ArrayList<>();
    inputs.add(Samples.input(group, own.tokens()));
    for (int payload = 1; payload < group.config().payloadBytes().length; payload++) {
      TokenBuffer more = group.allocatePayload(payload, own.tokens());
      for (long at = 0; at < (long) own.tokens() * more.rowBytes(); at++) {
        byte value = (byte) (31 * group.rank() + 7 * payload + at);
        more.segment().set(ValueLayout.JAVA_BYTE, at, value);
      }
      inputs.add(more);
    }
    Dispatched d = group.dispatchAsync(inputs, own, List.of()).await();
    List<byte[]> results = new ArrayList<>();
    d.payloads().forEach(rows -> results.add(Samples.bytes(rows, d.handle().rowCount())));
    TokenBuffer out = group.allocateTokens(own.tokens());
    group.combine(d.handle(), d.rows(), out);
    results.add(Samples.bytes(out, own.tokens()));
    CombineGradients gradients = group.combineBackward(d.handle(), out, d.rows());
    results.add(Samples.bytes(gradients.rows(), d.handle().rowCount()));
    ByteBuffer weights = ByteBuffer.allocate(gradients.weights().length * Float.BYTES);
    weights.asFloatBuffer().put(gradients.weights());
    results.add(weights.array());
    group.dispatchBackward(d.handle(), gradients.rows(), out);
    results.add(Samples.bytes(out, own.tokens()));
    return results;
  }

  @ParameterizedTest
  @MethodSource("io.moelink.layout.plan.Algorithms#names")
  void aRankThatDoesNotCombineIsNamed(String algorithm) throws Exception {
    ExpertGroupConfig config =
        Samples.config("ubbv2-1node", algorithm).timeout(Duration.ofMillis(700)).build();
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    CountDownLatch others = new CountDownLatch(7);
    List<String> messages =
        Ranks.failures(
            config,
            HiddenMemory.provider("all", config.topology()),
            group -> {
              TopK own = routing[group.rank()];
              TokenBuffer x = Samples.input(group, own.tokens());
              Dispatched d = group.dispatch(x, own);
              if (group.rank() == 5) {
                others.await();
                return null;
              }
              try {
                group.combine(d.handle(), d.rows(), x);
                return null;
              } finally {
                others.countDown();
              }
            });
    // a rank that is sent partials by way of another names that one: it knows no more
    boolean byWay = List.of("relay", "hierarchical").contains(algorithm);
    String whom = byWay ? "\\d" : "5";
    assertThat(messages)
        .anyMatch(
            message ->
                message.matches(
                    "rank \\d, combine, step \\d+ \\(.+\\): waited 700 ms for rank "
                        + whom
                        + ";"
                        + " \\d+ rows done, \\d+ rows missing"));
  }

  @ParameterizedTest
  @MethodSource("io.moelink.layout.plan.Algorithms#names")
  void anAbortReachesAll(String algorithm) throws Exception {
    ExpertGroupConfig config =
        Samples.config("ubbv2-2node", algorithm).timeout(Duration.ofSeconds(30)).build();
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    List<String> messages =
        Ranks.failures(
            config,
            HiddenMemory.provider("nodes", config.topology()),
            group -> {
              if (group.rank() == 3) {
                group.abort("out of coffee");
                return null;
              }
              TopK own = routing[group.rank()];
              return group.dispatch(Samples.input(group, own.tokens()), own);
            });
    assertThat(messages).hasSize(15).allMatch(message -> message.endsWith("out of coffee"));
  }
}
