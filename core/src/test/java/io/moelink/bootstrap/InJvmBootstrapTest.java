package io.moelink.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.List;
import org.junit.jupiter.api.Test;

class InJvmBootstrapTest extends BootstrapContract {
  @Override
  protected List<Bootstrap> open(int size) {
    return Bootstraps.inJvm(size);
  }

  @Test
  void sizesOutsideTheLimitAreRefused() {
    assertThatThrownBy(() -> Bootstraps.inJvm(0))
        .hasMessage("in-JVM bootstrap: size=0 is outside 1..4096");
    assertThatThrownBy(() -> Bootstraps.inJvm(4097))
        .hasMessage("in-JVM bootstrap: size=4097 is outside 1..4096");
  }

  @Test
  void messagesNameTheRanks() throws Exception {
    List<Bootstrap> late = open(4);
    assertThatThrownBy(() -> late.get(2).barrier(SHORT))
        .hasMessage("barrier: rank=2 waited 200 ms for ranks [0, 1, 3] of 4");

    List<Bootstrap> mixed = open(2);
    List<Throwable> failures =
        onAll(
            mixed,
            mine ->
                catchThrowable(
                    () -> {
                      if (mine.rank() == 0) {
                        mine.barrier(LONG);
                      } else {
                        mine.allGather(new byte[0], LONG);
                      }
                    }));
    // which rank comes second, and so is blamed, depends on the threads; both get the same text
    assertThat(failures.get(0)).hasMessage(failures.get(1).getMessage());
    assertThat(failures.get(0).getMessage())
        .isIn(
            "barrier: rank=0 calls it while rank=1 calls allGather",
            "allGather: rank=1 calls it while rank=0 calls barrier");
  }

  @Test
  void aClosedSeatCannotBeUsed() {
    Bootstrap alone = open(1).get(0);
    alone.close();
    alone.close();
    assertThatThrownBy(() -> alone.barrier(SHORT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("barrier: bootstrap of rank=0 is closed");
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    Bootstrap first = open(2).get(0);
    Throwable[] failure = new Throwable[1];
    boolean[] interrupted = new boolean[1];
    Thread waiting =
        new Thread(
            () -> {
              failure[0] = catchThrowable(() -> first.barrier(LONG));
              interrupted[0] = Thread.currentThread().isInterrupted();
            });
    waiting.start();
    waiting.interrupt();
    waiting.join(10_000);
    assertThat(failure[0]).hasMessage("barrier: rank=0 was interrupted");
    assertThat(interrupted[0]).isTrue();
  }
}
