package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.TopK;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Many rounds in which ranks run apart as far as the protocol lets them: calls of every kind in a
 * random order that all ranks share, with sleeps that they do not. Nothing of one round may be
 * overwritten by a later one before everyone has read it.
 */
class LanesTest {
  private static final int ROUNDS = 120;

  static List<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (String algorithm : Algorithms.names()) {
      for (String hidden : HiddenMemory.NAMES) {
        cases.add(Arguments.of(algorithm, hidden));
      }
    }
    return cases;
  }

  /** A dispatch that is posted, with what it must bring. */
  private record Posted(PendingDispatch pending, TopK[] routing, long seed) {}

  @ParameterizedTest
  @MethodSource("cases")
  void roundsDoNotMix(String algorithm, String hidden) throws Exception {
    ExpertGroupConfig config =
        Samples.config("ubbv2-1node", algorithm)
            .elementType(ElementType.BF16)
            .hidden(8)
            .chunkRows(3)
            .build();
    TopK[][] routings = new TopK[7][];
    for (int i = 0; i < routings.length; i++) {
      routings[i] = Samples.routing(config, Samples.SEED + i, i == 3 ? 1 : 12);
    }
    Ranks.run(
        config,
        HiddenMemory.provider(hidden, config.topology()),
        group -> new Rounds(group, routings).run());
  }

  private static final class Rounds {
    private final ExpertGroup group;
    private final TopK[][] routings;
    private final Random shared = new Random(Samples.SEED);
    private final Random own;
    private final Deque<Posted> posted = new ArrayDeque<>();

    Rounds(ExpertGroup group, TopK[][] routings) {
      this.group = group;
      this.routings = routings;
      own = new Random(Samples.SEED + group.rank());
    }

    Void run() throws InterruptedException {
      for (int round = 0; round < ROUNDS; round++) {
        if (own.nextInt(12) == 0) {
          Thread.sleep(own.nextInt(4));
        }
        TopK[] routing = routings[shared.nextInt(routings.length)];
        long seed = shared.nextInt(1000);
        switch (shared.nextInt(6)) {
          case 0, 1, 2 -> {
            if (posted.size() == 2) {
              receive();
            }
            post(routing, seed);
          }
          case 3 -> {
            receiveAll();
            // the end of a wait says nothing about the others: plan again and again
            for (int i = shared.nextInt(6); i >= 0; i--) {
              group.plan(routing[group.rank()]).close();
            }
          }
          case 4 -> {
            receiveAll();
            cached(routing, seed);
          }
          default -> receiveAll();
        }
      }
      receiveAll();
      return null;
    }

    private void post(TopK[] routing, long seed) {
      TokenBuffer x = Samples.input(group, routing[group.rank()].tokens(), seed);
      posted.add(new Posted(group.dispatchAsync(x, routing[group.rank()]), routing, seed));
    }

    private void receiveAll() {
      while (!posted.isEmpty()) {
        receive();
      }
    }

    private void receive() {
      Posted first = posted.remove();
      Dispatched d = first.pending().await();
      check(d, first.routing(), first.seed());
      if (posted.isEmpty()) {
        TokenBuffer out = group.allocateTokens(d.handle().tokens());
        group.combine(d.handle(), d.rows(), out);
        group.dispatchBackward(d.handle(), d.rows(), out);
        group.combineBackward(d.handle(), out, d.rows());
        out.close();
      }
      d.handle().close();
    }

    private void cached(TopK[] routing, long seed) {
      try (Handle handle = group.plan(routing[group.rank()])) {
        for (int i = 0; i < 3; i++) {
          try (TokenBuffer x = Samples.input(group, routing[group.rank()].tokens(), seed + i)) {
            Dispatched d = group.dispatch(handle, x);
            check(d, routing, seed + i);
          }
        }
      }
    }

    private void check(Dispatched d, TopK[] routing, long seed) {
      ExpertGroupConfig config = group.config();
      ExpectedRows expected = new ExpectedRows(config, routing, group.rank());
      assertThat(d.handle().rowCount()).isEqualTo(expected.rowCount);
      for (ExpectedRows.Entry entry : expected.entries) {
        assertThat(Samples.values(config, d.rows().row(entry.row())))
            .as("rank %d %s", group.rank(), entry)
            .isEqualTo(Samples.row(config, entry.source(), entry.token(), seed));
      }
    }
  }
}
