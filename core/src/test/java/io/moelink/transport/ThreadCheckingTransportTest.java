package io.moelink.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ThreadCheckingTransportTest {
  @Test
  void aSecondThreadIsCaughtAndTheOpenMethodsAreNot() throws Exception {
    try (Ranks group = Ranks.open(Transports.named("loopback"), 2, 8)) {
      Transport mine = group.rank(0);
      Deadline deadline = Deadline.after(Duration.ofSeconds(20));
      Future<?> waiting =
          group.start(
              0,
              transport -> {
                transport.awaitSignal(0, 1, deadline, 1);
                return null;
              });
      AssertionError caught = null;
      while (caught == null && !deadline.passed()) {
        caught = progress(mine);
      }
      assertThat(caught)
          .hasMessageContaining("transport of rank=0: thread '")
          .hasMessageContaining("calls progress while thread '")
          .hasMessageEndingWith("is in awaitSignal");
      assertThat(mine.activity()).isZero();
      assertThat(mine.signalValue(0)).isZero();
      assertThatThrownBy(() -> mine.kernels().reorder(null, null, 0, 0, 0))
          .isInstanceOf(AssertionError.class);
      group.rank(1).signal(0, 0, 1);
      Ranks.result(waiting);
      mine.progress();
    }
  }

  private static AssertionError progress(Transport transport) {
    try {
      transport.progress();
      return null;
    } catch (AssertionError e) {
      return e;
    }
  }
}
