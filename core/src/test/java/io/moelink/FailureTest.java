package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.kernel.ElementType;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.transport.TransportException;
import io.moelink.transport.Transports;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks that do not come, give up, or want something else: all others hear of it, in time. */
@Timeout(60)
class FailureTest {
  private static final String PRESET = "ubbv2-1node";

  private static ExpertGroupConfig config(int milliseconds) {
    return Samples.config(PRESET, "hierarchical").timeout(Duration.ofMillis(milliseconds)).build();
  }

  @Test
  void aRankThatDoesNotDispatch() throws Exception {
    ExpertGroupConfig config = config(700);
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    CountDownLatch others = new CountDownLatch(7);
    List<String> messages =
        Ranks.failures(
            config,
            group -> {
              if (group.rank() == 5) {
                others.await();
                return null;
              }
              try {
                TokenBuffer x = Samples.input(group, routing[group.rank()].tokens());
                return group.dispatch(x, routing[group.rank()]);
              } finally {
                others.countDown();
              }
            });
    assertThat(messages)
        .anyMatch(
            message ->
                message.matches(
                    "rank \\d, routing 1: waited 700 ms for rank 5;"
                        + " the routing of 7 of 8 ranks is here"));
    assertThat(messages).allMatch(message -> message.contains("rank 5"));
  }

  @Test
  void aRankThatDoesNotCombine() throws Exception {
    for (String algorithm : Algorithms.names()) {
      ExpertGroupConfig config =
          Samples.config(PRESET, algorithm).timeout(Duration.ofMillis(700)).build();
      TopK[] routing = Samples.routing(config, Samples.SEED, 20);
      CountDownLatch others = new CountDownLatch(7);
      List<String> messages =
          Ranks.failures(
              config,
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
      // who waits for a sum that another makes with rows of rank 5 names that other: it knows no
      // more,
      // and its deadline may be the first to pass
      boolean byAnother = algorithm.equals("relay") || algorithm.equals("hierarchical");
      String whom = byAnother ? "\\d" : "5";
      assertThat(messages)
          .as(algorithm)
          .anyMatch(
              message ->
                  message.matches(
                      "rank \\d, combine, step \\d+ \\(.+\\): waited 700 ms for rank "
                          + whom
                          + ";"
                          + " \\d+ rows done, \\d+ rows missing"));
    }
  }

  @Test
  void aRankThatAborts() throws Exception {
    ExpertGroupConfig config = config(30_000);
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    List<String> messages =
        Ranks.failures(
            config,
            group -> {
              if (group.rank() == 3) {
                Thread.sleep(100);
                group.abort("out of coffee");
                assertThatThrownBy(() -> group.plan(routing[3]))
                    .isInstanceOf(MoelinkException.class)
                    .hasMessage("plan: the group has failed: out of coffee");
                return null;
              }
              TokenBuffer x = Samples.input(group, routing[group.rank()].tokens());
              return group.dispatch(x, routing[group.rank()]);
            });
    assertThat(messages).hasSize(7);
    assertThat(messages)
        .allMatch(m -> m.endsWith("the group was aborted because of rank=3: out of coffee"));
  }

  /** Those that wait in close hear of it, too, and not after their timeout. */
  @Test
  void aRankThatAbortsWhenOthersClose() throws Exception {
    long start = System.nanoTime();
    List<String> messages =
        Ranks.failures(
            config(30_000),
            group -> {
              if (group.rank() == 3) {
                Thread.sleep(100);
                group.abort("out of coffee");
              }
              return null;
            });
    assertThat(messages).hasSize(7);
    assertThat(messages)
        .allMatch(m -> m.endsWith("the group was aborted because of rank=3: out of coffee"));
    assertThat(System.nanoTime() - start).isLessThan(15_000_000_000L);
  }

  @Test
  void aRankThatDoesNotClose() throws Exception {
    CountDownLatch others = new CountDownLatch(7);
    List<String> messages = new ArrayList<>();
    Ranks.failures(
        config(500),
        group -> {
          if (group.rank() == 2) {
            others.await();
            return null;
          }
          try {
            group.close();
          } catch (TransportException e) {
            synchronized (messages) {
              messages.add(e.getMessage());
            }
            throw e;
          } finally {
            others.countDown();
          }
          return null;
        });
    assertThat(messages)
        .contains("rank 0, close: waited 500 ms for rank 2 to come to it")
        .allMatch(m -> m.endsWith("close: waited 500 ms for rank 2 to come to it"));
  }

  @Test
  void configsThatDiffer() {
    differs(c -> c.hidden(32), "hidden 32", "hidden 16");
    differs(c -> c.elementType(ElementType.BF16), "elementType BF16", "elementType FP32");
    differs(c -> c.algorithm(Algorithms.named("relay")), "algorithm relay", "algorithm direct");
    differs(c -> c.topK(5), "topK 5", "topK 4");
    differs(c -> c.experts(25), "experts 25", "experts 24");
    differs(
        c -> c.placement(ExpertPlacement.ofCounts(7, 8, 9)),
        "placement 0+7,7+8,15+9",
        "placement 0+8,8+8,16+8");
    differs(c -> c.tokensPerRankMax(65), "tokensPerRankMax 65", "tokensPerRankMax 64");
    differs(c -> c.rowOrder(RowOrder.COLUMN_MAJOR), "rowOrder COLUMN_MAJOR", "rowOrder ROW_MAJOR");
    differs(
        c -> c.partials(ExpertGroupConfig.Partials.FLOAT32),
        "partials FLOAT32",
        "partials ROW_TYPE");
    differs(c -> c.extraPayloadBytes(4), "payloadBytes [64, 4]", "payloadBytes [64]");
    differs(
        c -> c.output(OutputShape.slotted(9)),
        "output OutputShape[order=SLOTTED, alignment=1, capacity=9]",
        "output OutputShape[order=EXPERT_MAJOR, alignment=1, capacity=0]");
    differs(c -> c.topology(Topologies.named("flat-4")), "topology flat-4", "topology flat-3");
  }

  private static void differs(
      UnaryOperator<ExpertGroupConfig.Builder> other, String found, String expected) {
    List<String> messages =
        open(
            3,
            rank -> {
              ExpertGroupConfig.Builder config = Samples.config("flat-3", "direct");
              return rank == 2 ? other.apply(config).build() : config.build();
            });
    assertThat(messages)
        .hasSize(3)
        .containsOnly("config of rank 2: found " + found + ", expected as rank 0 " + expected);
  }

  @Test
  void aWrongNumberOfRanks() {
    List<String> messages = open(4, rank -> Samples.config("flat-3", "direct").build());
    assertThat(messages).hasSize(4).containsOnly("ranks: found 4, expected 3 (topology flat-3)");
  }

  /** Opens groups that cannot be; what each rank is told. */
  private static List<String> open(
      int ranks, java.util.function.IntFunction<ExpertGroupConfig> config) {
    List<Bootstrap> bootstraps = Bootstraps.inJvm(ranks);
    List<Thread> threads = new ArrayList<>();
    List<String> messages = new ArrayList<>();
    for (Bootstrap bootstrap : bootstraps) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                String message = "opened";
                try {
                  ExpertGroup.open(
                          config.apply(bootstrap.rank()), bootstrap, Transports.named("loopback"))
                      .close();
                } catch (InvalidInputException e) {
                  message = e.getMessage();
                }
                synchronized (messages) {
                  messages.add(message);
                }
              }));
    }
    for (Thread thread : threads) {
      try {
        thread.join(20_000);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    bootstraps.forEach(Bootstrap::close);
    return messages;
  }
}
