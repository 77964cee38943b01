package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.Region;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import io.moelink.transport.WatchedTransport;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes over links that nobody can load through: chunk by chunk, and nothing twice. */
@Timeout(120)
class PiecesTest {
  private static final int CHUNK_ROWS = 2;
  private static final int TOKENS = 8;

  /**
   * The sender of a chunk does not go on before the receiver has placed, or summed, the chunk
   * before: receivers that wait for whole buffers would wait for ever.
   */
  @Test
  void receiversWorkOnAChunkWhileTheNextIsToCome() throws Exception {
    ExpertGroupConfig config =
        SmallConfig.of("flat-2", 4, 1)
            .algorithm(Algorithms.named("direct"))
            .chunkRows(CHUNK_ROWS)
            .build();
    TopK[] routing = {
      // all rows go from rank 0 to rank 1 and back
      TopK.of(0, new int[] {2, 3, 2, 3, 3, 2, 2, 3}, null, TOKENS, 1, 4),
      TopK.of(1, new int[0], null, 0, 1, 4)
    };
    Layer layer = new Layer(config, routing, Samples.SEED);
    AtomicIntegerArray placed = new AtomicIntegerArray(2);
    AtomicIntegerArray summed = new AtomicIntegerArray(2);
    AtomicIntegerArray puts = new AtomicIntegerArray(2);
    List<Boolean> done =
        Ranks.run(
            config,
            WatchedTransport.around(
                HiddenMemory.provider("all", config.topology()),
                (rank, method, arguments) -> {
                  switch (method) {
                    case "scatterRows" -> placed.addAndGet(rank, (int) arguments[1]);
                    case "reduceRows" -> summed.addAndGet(rank, (int) arguments[1]);
                    case "postPut" ->
                        await(
                            rank == 0 ? placed : summed,
                            1 - rank,
                            CHUNK_ROWS * puts.getAndIncrement(rank));
                    default -> {}
                  }
                }),
            group -> {
              layer.checkRoundTrip(group);
              return true;
            });
    assertThat(done).containsOnly(true);
    assertThat(puts.get(0)).isEqualTo(TOKENS / CHUNK_ROWS);
    assertThat(puts.get(1)).isEqualTo(TOKENS / CHUNK_ROWS);
  }

  private static void await(AtomicIntegerArray rows, int rank, int expected) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (rows.get(rank) < expected) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "rank %d did %d rows, expected %d before the next chunk comes"
                .formatted(rank, rows.get(rank), expected));
      }
      Thread.onSpinWait();
    }
  }

  /** Bytes that are put into memory of other nodes: of rows those of the plan, of routing few. */
  @ParameterizedTest
  @ValueSource(strings = {"direct", "hierarchical", "relay", "allgather"})
  void nothingCrossesTwice(String algorithm) throws Exception {
    ExpertGroupConfig config =
        SmallConfig.of("ubbv2-2node", 32, 4)
            .algorithm(Algorithms.named(algorithm))
            .elementType(ElementType.BF16)
            .hidden(1440)
            .tokensPerRankMax(64)
            .build();
    Topology topology = config.topology();
    int[] tokens = new int[topology.rankCount()];
    Arrays.fill(tokens, 64);
    TopK[] routing = new RandomTopK(Samples.SEED, 32, 4).full().of(tokens);
    AtomicLong rows = new AtomicLong();
    AtomicLong more = new AtomicLong();
    List<Long> planned =
        Ranks.run(
            config,
            WatchedTransport.around(
                HiddenMemory.provider("nodes", topology),
                (rank, method, arguments) -> {
                  boolean put = method.equals("postPut");
                  if ((put || method.equals("put") || method.equals("putSignal"))
                      && topology.nodeOf(((Region) arguments[2]).rank()) != topology.nodeOf(rank)) {
                    (put ? rows : more).addAndGet((long) arguments[4]);
                  }
                }),
            group -> {
              TokenBuffer x = Samples.input(group, 64);
              Dispatched d = group.dispatch(x, routing[group.rank()]);
              group.combine(d.handle(), d.rows(), x);
              return group.stats().bytesByLink().get(LinkKind.RDMA);
            });
    assertThat(rows.get())
        .as("bytes of rows")
        .isEqualTo(planned.stream().mapToLong(Long::longValue).sum());
    assertThat(more.get()).as("bytes of routing and places").isLessThan(rows.get() / 20);
  }
}
