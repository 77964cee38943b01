package io.moelink.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThreadCheckingTransportTest {
  @Test
  void aSecondThreadIsCaughtAndTheOpenMethodsAreNot() throws Exception {
    try (Ranks group = Ranks.open(Transports.named("loopback"), 2, 8)) {
      Transport mine = group.rank(0);
      Deadline deadline = Deadline.after(Duration.ofSeconds(20));
      Thread waiting = new Thread(() -> mine.awaitSignal(0, 1, deadline, 1), "waiter");
      waiting.start();
      // not by calling in a loop: then it might be the waiter that comes second and is caught
      while (waiting.getState() != Thread.State.TIMED_WAITING && !deadline.passed()) {
        Thread.sleep(1);
      }
      assertThatThrownBy(mine::progress)
          .isInstanceOf(AssertionError.class)
          .hasMessage(
              "transport of rank=0: thread '%s' calls progress while thread 'waiter' is in awaitSignal"
                  .formatted(Thread.currentThread().getName()));
      assertThat(mine.activity()).isZero();
      assertThat(mine.signalValue(0)).isZero();
      assertThatThrownBy(() -> mine.kernels().reorder(null, null, 0, 0, 0))
          .isInstanceOf(AssertionError.class);
      group.rank(1).signal(0, 0, 1);
      waiting.join();
      mine.progress();
    }
  }
}
